WITH shooters AS (
  SELECT game_date, game_id, tip_at, cutoff, player_lookup, last_game_date
  FROM nba_analytics.upcoming_player_game_context
  WHERE game_date BETWEEN @from_date AND @to_date
    AND (@lead_minutes IS NOT NULL OR tip_at > @as_of)
),

-- #include zones.sql

final AS (
  SELECT
    s.game_date, s.game_id, s.tip_at, s.cutoff, s.player_lookup,
    z.* EXCEPT (game_id, player_lookup),
    CASE
      WHEN z.games_in_sample_10 >= 10 THEN 'excellent'
      WHEN z.games_in_sample_10 >= 7 THEN 'good'
      WHEN z.games_in_sample_10 >= 5 THEN 'limited'
      ELSE 'insufficient'
    END AS sample_quality_10,
    CASE
      WHEN z.games_in_sample_20 >= 20 THEN 'excellent'
      WHEN z.games_in_sample_20 >= 14 THEN 'good'
      WHEN z.games_in_sample_20 >= 10 THEN 'limited'
      ELSE 'insufficient'
    END AS sample_quality_20,
    CASE
      WHEN s.last_game_date IS NULL THEN 'no game in 400 days'
      WHEN z.games_in_sample_10 = 0 THEN 'no play-by-play of his games'
      WHEN z.total_shots_last_10 = 0 THEN 'no shots in the last games'
    END AS missing_reason
  FROM shooters AS s
  JOIN zones AS z ON z.game_id = s.game_id AND z.player_lookup = s.player_lookup
)

SELECT * FROM final
