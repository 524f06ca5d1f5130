WITH players AS (
  SELECT
    game_date, game_id, tip_at, cutoff, history_end, season_year, player_lookup, team_abbr, opponent_team_abbr,
    last_game_date
  FROM nba_analytics.upcoming_player_game_context
  WHERE game_date BETWEEN @from_date AND @to_date
    AND (@lead_minutes IS NOT NULL OR tip_at > @as_of)
),

-- #include form.sql

teams AS (
  SELECT game_id, team_abbr, pace_last_10, off_rating_last_10
  FROM nba_analytics.upcoming_team_game_context
  WHERE game_date BETWEEN @from_date AND @to_date
),

final AS (
  SELECT
    p.game_date, p.game_id, p.tip_at, p.cutoff, p.player_lookup, p.team_abbr,
    f.* EXCEPT (game_id, player_lookup),
    t.pace_last_10 AS team_pace_last_10,
    t.off_rating_last_10 AS team_off_rating_last_10,
    NULLIF(ARRAY_TO_STRING([
      IF(f.games_in_last_10 = 0, 'no game in 400 days', NULL),
      IF(f.games_in_last_10 = 1, 'one game has no standard deviation', NULL),
      IF(f.games_in_last_10 BETWEEN 1 AND 4, 'fewer than five games for trend and free throws', NULL),
      IF(f.games_played_season = 0, 'no game this season', NULL),
      IF(f.games_played_season > 0 AND f.minutes_avg_season = 0, 'no minutes this season', NULL),
      IF(f.games_in_last_10 > 0 AND f.ppm_avg_last_10 IS NULL, 'no minutes in the last games', NULL),
      IF(f.games_in_last_10 > 0 AND f.ts_pct_last_10 IS NULL, 'no shots in the last games', NULL),
      IF(f.games_in_last_10 > 4 AND f.pct_free_throw IS NULL, 'no points in the last games', NULL),
      IF(f.games_in_last_10 > 0 AND f.start_rate_last_10 IS NULL, 'starters unknown', NULL),
      IF(t.off_rating_last_10 IS NULL, 'no team game in 400 days', NULL)
    ], '; '), '') AS missing_reason
  FROM players AS p
  JOIN form AS f ON f.game_id = p.game_id AND f.player_lookup = p.player_lookup
  LEFT JOIN teams AS t ON t.game_id = p.game_id AND t.team_abbr = p.team_abbr
)

SELECT * FROM final
