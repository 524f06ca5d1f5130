#fail each game has two teams
SELECT COUNT(*) AS violations FROM (
  SELECT game_id FROM nba_analytics.team_offense_game_summary
  WHERE game_date BETWEEN @from_date AND @to_date
  GROUP BY game_id HAVING COUNT(*) != 2
) AS g

#fail game_id names the date and the teams
SELECT COUNT(*) AS violations
FROM nba_analytics.team_offense_game_summary
WHERE game_date BETWEEN @from_date AND @to_date
  AND game_id != CONCAT(
    FORMAT_DATE('%Y%m%d', game_date), '_',
    IF(is_home, opponent_team_abbr, team_abbr), '_', IF(is_home, team_abbr, opponent_team_abbr))

#fail points follow from the makes
SELECT COUNT(*) AS violations
FROM nba_analytics.team_offense_game_summary
WHERE game_date BETWEEN @from_date AND @to_date
  AND points_scored != 2 * fg_makes + three_pt_makes + ft_makes

#fail makes are among the attempts
SELECT COUNT(*) AS violations
FROM nba_analytics.team_offense_game_summary
WHERE game_date BETWEEN @from_date AND @to_date
  AND (fg_makes > fg_attempts OR three_pt_makes > three_pt_attempts OR ft_makes > ft_attempts
    OR three_pt_attempts > fg_attempts)

#fail rates are rates
SELECT COUNT(*) AS violations
FROM nba_analytics.team_offense_game_summary
WHERE game_date BETWEEN @from_date AND @to_date
  AND (possessions <= 0 OR ts_pct NOT BETWEEN 0 AND 1.5 OR overtime_periods > 8)

#fail players add up to the score
SELECT COUNT(*) AS violations
FROM nba_analytics.team_offense_game_summary AS t
JOIN nba_raw.nba_schedule AS s
  ON s.game_id = t.game_id AND s.game_date BETWEEN @from_date AND @to_date
WHERE t.game_date BETWEEN @from_date AND @to_date
  AND s.status = 'FINAL'
  AND t.points_scored != IF(t.is_home, s.home_points, s.away_points)

#warn pace and points are in a usual range
SELECT COUNT(*) AS violations
FROM nba_analytics.team_offense_game_summary
WHERE game_date BETWEEN @from_date AND @to_date
  AND (pace NOT BETWEEN 70 AND 130 OR points_scored NOT BETWEEN 50 AND 200)

#warn player-minutes make whole games
SELECT COUNT(*) AS violations
FROM nba_analytics.team_offense_game_summary
WHERE game_date BETWEEN @from_date AND @to_date
  AND ABS(seconds_played - 14400 - 1500 * overtime_periods) > 300

#warn every box score is of a game in the schedule
SELECT COUNT(DISTINCT b.game_id) AS violations
FROM nba_raw.nba_player_boxscores AS b
LEFT JOIN nba_raw.nba_schedule AS s
  ON s.game_id = b.game_id AND s.game_date BETWEEN @from_date AND @to_date
WHERE b.game_date BETWEEN @from_date AND @to_date AND s.game_id IS NULL

#warn every finished game is there
SELECT COUNT(*) AS violations
FROM nba_raw.nba_schedule AS s
LEFT JOIN nba_analytics.team_offense_game_summary AS t
  ON t.game_id = s.game_id AND t.game_date BETWEEN @from_date AND @to_date
WHERE s.game_date BETWEEN @from_date AND @to_date AND s.status = 'FINAL' AND t.game_id IS NULL

#fail zones are all of the shots or none
SELECT COUNT(*) AS violations
FROM nba_analytics.team_offense_game_summary
WHERE game_date BETWEEN @from_date AND @to_date
  AND IF(
    has_shot_zones,
    paint_attempts + mid_range_attempts + three_pt_attempts != fg_attempts
      OR paint_makes + mid_range_makes + three_pt_makes != fg_makes,
    COALESCE(paint_attempts, mid_range_attempts, paint_attempts_blocked) IS NOT NULL)
