WITH teams AS (
  SELECT
    game_date, game_id, tip_at, cutoff, history_end, team_abbr,
    def_rating_last_15, opponent_pace_last_15, points_allowed_last_15, games_in_last_15
  FROM nba_analytics.upcoming_team_game_context
  WHERE game_date BETWEEN @from_date AND @to_date
    AND (@lead_minutes IS NOT NULL OR tip_at > @as_of)
),

defenses AS (
  SELECT
    *,
    ROW_NUMBER() OVER (PARTITION BY team_abbr ORDER BY game_date, game_id) AS game_number,
    LEAD(game_date) OVER (PARTITION BY team_abbr ORDER BY game_date, game_id) AS next_game_date
  FROM nba_analytics.team_defense_game_summary
  WHERE game_date >= DATE_SUB(@from_date, INTERVAL 400 DAY) AND game_date < @to_date
),

latest_games AS (
  SELECT t.game_id, t.game_date, t.team_abbr, d.game_number
  FROM teams AS t
  JOIN defenses AS d
    ON d.team_abbr = t.team_abbr
    AND d.game_date < t.history_end
    AND (d.next_game_date IS NULL OR d.next_game_date >= t.history_end)
),

zones AS (
  SELECT
    l.game_id, l.team_abbr,
    COUNT(*) AS games,
    SUM(d.opponent_paint_attempts) AS paint_attempts,
    SUM(d.opponent_paint_makes) AS paint_makes,
    SUM(d.opponent_mid_range_attempts) AS mid_range_attempts,
    SUM(d.opponent_mid_range_makes) AS mid_range_makes,
    SUM(d.opponent_three_pt_attempts) AS three_pt_attempts,
    SUM(d.opponent_three_pt_makes) AS three_pt_makes,
    COUNT(d.paint_blocks) AS games_with_blocks,
    SUM(d.paint_blocks) AS paint_blocks,
    SUM(d.mid_range_blocks) AS mid_range_blocks,
    SUM(d.three_pt_blocks) AS three_pt_blocks
  FROM latest_games AS l
  JOIN defenses AS d
    ON d.team_abbr = l.team_abbr
    AND d.game_number BETWEEN l.game_number - 14 AND l.game_number
    AND d.game_date >= DATE_SUB(l.game_date, INTERVAL 400 DAY)
    AND d.has_shot_zones
  GROUP BY l.game_id, l.team_abbr
),

-- The league's shares over 400 days: a season, whatever the time of year.
league AS (
  SELECT
    t.game_date, t.history_end,
    COUNT(DISTINCT d.team_abbr) AS teams,
    SUM(d.opponent_paint_attempts) AS paint_attempts,
    SUM(d.opponent_paint_makes) AS paint_makes,
    SUM(d.opponent_mid_range_attempts) AS mid_range_attempts,
    SUM(d.opponent_mid_range_makes) AS mid_range_makes,
    SUM(d.opponent_three_pt_attempts) AS three_pt_attempts,
    SUM(d.opponent_three_pt_makes) AS three_pt_makes
  FROM (SELECT DISTINCT game_date, history_end FROM teams) AS t
  JOIN defenses AS d
    ON d.game_date >= DATE_SUB(t.game_date, INTERVAL 400 DAY)
    AND d.game_date < t.history_end
    AND d.has_shot_zones
  GROUP BY t.game_date, t.history_end
  HAVING COUNT(DISTINCT d.team_abbr) >= 10
),

shares AS (
  SELECT
    t.*,
    COALESCE(z.games, 0) AS games_with_zones,
    COALESCE(g.teams, 0) AS league_teams,
    z.* EXCEPT (game_id, team_abbr, games),
    SAFE_DIVIDE(z.paint_makes, z.paint_attempts) AS paint_pct,
    SAFE_DIVIDE(z.mid_range_makes, z.mid_range_attempts) AS mid_range_pct,
    SAFE_DIVIDE(z.three_pt_makes, z.three_pt_attempts) AS three_pt_pct,
    SAFE_DIVIDE(g.paint_makes, g.paint_attempts) AS league_paint_pct,
    SAFE_DIVIDE(g.mid_range_makes, g.mid_range_attempts) AS league_mid_range_pct,
    SAFE_DIVIDE(g.three_pt_makes, g.three_pt_attempts) AS league_three_pt_pct
  FROM teams AS t
  LEFT JOIN zones AS z ON z.game_id = t.game_id AND z.team_abbr = t.team_abbr
  LEFT JOIN league AS g ON g.game_date = t.game_date AND g.history_end = t.history_end
),

compared AS (
  SELECT
    *,
    100 * (paint_pct - league_paint_pct) AS paint_against_league,
    100 * (mid_range_pct - league_mid_range_pct) AS mid_range_against_league,
    100 * (three_pt_pct - league_three_pt_pct) AS three_pt_against_league
  FROM shares
),

ranked AS (
  SELECT
    game_id, team_abbr,
    MIN_BY(zone, against_league) AS strongest_zone,
    MAX_BY(zone, against_league) AS weakest_zone
  FROM (
    SELECT game_id, team_abbr, 'paint' AS zone, paint_against_league AS against_league FROM compared
    UNION ALL
    SELECT game_id, team_abbr, 'mid_range' AS zone, mid_range_against_league AS against_league FROM compared
    UNION ALL
    SELECT game_id, team_abbr, 'perimeter' AS zone, three_pt_against_league AS against_league FROM compared
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
  FROM compared AS c
  LEFT JOIN ranked AS r ON r.game_id = c.game_id AND r.team_abbr = c.team_abbr
)

SELECT * FROM final
