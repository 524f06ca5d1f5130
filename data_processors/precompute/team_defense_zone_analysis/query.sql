WITH defenders AS (
  SELECT
    game_date, game_id, tip_at, cutoff, history_end, team_abbr,
    def_rating_last_15, opponent_pace_last_15, points_allowed_last_15, games_in_last_15
  FROM nba_analytics.upcoming_team_game_context
  WHERE game_date BETWEEN @from_date AND @to_date
    AND (@lead_minutes IS NOT NULL OR tip_at > @as_of)
),

-- #include zones.sql

ranked AS (
  SELECT
    game_id, team_abbr,
    MIN_BY(zone, against_league) AS strongest_zone,
    MAX_BY(zone, against_league) AS weakest_zone
  FROM (
    SELECT game_id, team_abbr, 'paint' AS zone, paint_against_league AS against_league FROM defense_zones
    UNION ALL
    SELECT game_id, team_abbr, 'mid_range' AS zone, mid_range_against_league AS against_league FROM defense_zones
    UNION ALL
    SELECT game_id, team_abbr, 'perimeter' AS zone, three_pt_against_league AS against_league FROM defense_zones
  ) AS z
  WHERE against_league IS NOT NULL
  GROUP BY game_id, team_abbr
),

final AS (
  SELECT
    c.game_date, c.game_id, c.tip_at, c.cutoff, c.team_abbr,
    c.games_in_last_15 AS games_in_sample,
    c.games_with_zones,
    CASE WHEN c.games_with_zones >= 15 THEN 'high' WHEN c.games_with_zones >= 10 THEN 'medium' ELSE 'low' END
      AS sample_quality,
    c.paint_pct AS paint_pct_allowed_last_15,
    SAFE_DIVIDE(c.paint_attempts, c.games_with_zones) AS paint_attempts_allowed_per_game,
    SAFE_DIVIDE(2 * c.paint_makes, c.games_with_zones) AS paint_points_allowed_per_game,
    SAFE_DIVIDE(c.paint_blocks, c.games_with_blocks) AS paint_blocks_per_game,
    c.paint_against_league AS paint_defense_vs_league_avg,
    c.mid_range_pct AS mid_range_pct_allowed_last_15,
    SAFE_DIVIDE(c.mid_range_attempts, c.games_with_zones) AS mid_range_attempts_allowed_per_game,
    SAFE_DIVIDE(c.mid_range_blocks, c.games_with_blocks) AS mid_range_blocks_per_game,
    c.mid_range_against_league AS mid_range_defense_vs_league_avg,
    c.three_pt_pct AS three_pt_pct_allowed_last_15,
    SAFE_DIVIDE(c.three_pt_attempts, c.games_with_zones) AS three_pt_attempts_allowed_per_game,
    SAFE_DIVIDE(c.three_pt_blocks, c.games_with_blocks) AS three_pt_blocks_per_game,
    c.three_pt_against_league AS three_pt_defense_vs_league_avg,
    r.strongest_zone,
    r.weakest_zone,
    c.league_teams,
    c.def_rating_last_15 AS defensive_rating_last_15,
    c.opponent_pace_last_15 AS opponent_pace,
    c.points_allowed_last_15 AS opponent_points_per_game,
    NULLIF(ARRAY_TO_STRING([
      IF(c.games_in_last_15 = 0, 'no game in 400 days', NULL),
      IF(c.games_in_last_15 > 0 AND c.games_with_zones = 0, 'no play-by-play of the last games', NULL),
      IF(c.league_teams < 10, 'fewer than 10 teams to compare with', NULL),
      IF(c.games_with_zones > 0 AND COALESCE(c.games_with_blocks, 0) = 0, 'no play-by-play with all blocks', NULL)
    ], '; '), '') AS missing_reason
  FROM defense_zones AS c
  LEFT JOIN ranked AS r ON r.game_id = c.game_id AND r.team_abbr = c.team_abbr
)

SELECT * FROM final
