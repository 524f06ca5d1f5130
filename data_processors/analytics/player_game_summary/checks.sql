#fail players add up to their team
SELECT COUNT(*) AS violations FROM (
  SELECT p.game_id, p.team_abbr
  FROM nba_analytics.player_game_summary AS p
  JOIN nba_analytics.team_offense_game_summary AS t
    ON t.game_id = p.game_id AND t.team_abbr = p.team_abbr
    AND t.game_date BETWEEN @from_date AND @to_date
  WHERE p.game_date BETWEEN @from_date AND @to_date
  GROUP BY p.game_id, p.team_abbr
  HAVING SUM(p.points) != MAX(t.points_scored) OR SUM(p.seconds_played) != MAX(t.seconds_played)
) AS g

#fail every team of a game has its players
SELECT COUNT(*) AS violations FROM (
  SELECT t.game_id
  FROM nba_analytics.team_offense_game_summary AS t
  LEFT JOIN nba_analytics.player_game_summary AS p
    ON p.game_id = t.game_id AND p.team_abbr = t.team_abbr
    AND p.game_date BETWEEN @from_date AND @to_date
  WHERE t.game_date BETWEEN @from_date AND @to_date
  GROUP BY t.game_id, t.team_abbr
  HAVING COUNT(p.player_lookup) < 5
) AS g

#fail points follow from the makes
SELECT COUNT(*) AS violations
FROM nba_analytics.player_game_summary
WHERE game_date BETWEEN @from_date AND @to_date
  AND points != 2 * fg_makes + three_pt_makes + ft_makes

#fail nobody has less than no time or is two players
SELECT COUNT(*) AS violations FROM (
  SELECT player_lookup
  FROM nba_analytics.player_game_summary
  WHERE game_date BETWEEN @from_date AND @to_date
  GROUP BY game_date, player_lookup
  HAVING COUNT(*) > 1 OR MIN(seconds_played) < 0
) AS g

#fail points and minutes are possible
SELECT COUNT(*) AS violations
FROM nba_analytics.player_game_summary
WHERE game_date BETWEEN @from_date AND @to_date
  AND (points NOT BETWEEN 0 AND 100 OR minutes_played NOT BETWEEN 0 AND 70)

#fail zones are all of the shots or none
SELECT COUNT(*) AS violations
FROM nba_analytics.player_game_summary
WHERE game_date BETWEEN @from_date AND @to_date
  AND IF(
    has_shot_zones,
    paint_attempts + mid_range_attempts + three_pt_attempts != fg_attempts
      OR paint_makes + mid_range_makes + three_pt_makes != fg_makes
      OR assisted_fg_makes + unassisted_fg_makes != fg_makes,
    COALESCE(paint_attempts, mid_range_attempts, assisted_fg_makes, and1_count) IS NOT NULL)

#fail blocks by zone are all of the blocks or none
SELECT COUNT(*) AS violations
FROM nba_analytics.player_game_summary
WHERE game_date BETWEEN @from_date AND @to_date
  AND (paint_blocks + mid_range_blocks + three_pt_blocks != blocks
    OR (paint_blocks IS NULL) != (mid_range_blocks IS NULL) OR (paint_blocks IS NULL) != (three_pt_blocks IS NULL))

#fail a result is there when the line is
SELECT COUNT(*) AS violations
FROM nba_analytics.player_game_summary
WHERE game_date BETWEEN @from_date AND @to_date
  AND ((points_line IS NULL) != (over_under_result IS NULL) OR (points_line IS NULL) != (bookmaker_count = 0))

#fail rates are rates
SELECT COUNT(*) AS violations
FROM nba_analytics.player_game_summary
WHERE game_date BETWEEN @from_date AND @to_date
  AND (usage_rate NOT BETWEEN 0 AND 100 OR ts_pct NOT BETWEEN 0 AND 1.5 OR efg_pct NOT BETWEEN 0 AND 1.5)

#warn nobody plays longer than the game
SELECT COUNT(*) AS violations
FROM nba_analytics.player_game_summary AS p
JOIN nba_analytics.team_offense_game_summary AS t
  ON t.game_id = p.game_id AND t.team_abbr = p.team_abbr
  AND t.game_date BETWEEN @from_date AND @to_date
WHERE p.game_date BETWEEN @from_date AND @to_date
  AND p.seconds_played > 2880 + 300 * t.overtime_periods
