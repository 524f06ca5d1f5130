#fail nobody gives less than nothing
SELECT COUNT(*) AS violations
FROM nba_analytics.team_rotation_game_summary
WHERE game_date BETWEEN @from_date AND @to_date
  AND (absent_minutes < 0 OR absent_points < 0 OR played_minutes < 0 OR out_minutes < 0 OR available_minutes < 0)

#fail whoever is out is not available
SELECT COUNT(*) AS violations
FROM nba_analytics.team_rotation_game_summary
WHERE game_date BETWEEN @from_date AND @to_date AND (out_minutes IS NULL) != (available_minutes IS NULL)

#warn a rotation plays about as long as a game
SELECT COUNT(*) AS violations
FROM nba_analytics.team_rotation_game_summary
WHERE game_date BETWEEN @from_date AND @to_date
  AND (played_minutes > 400 OR absent_minutes > 400 OR available_minutes > 500)

#warn most games know their rotation
SELECT IF(2 * COUNTIF(played_minutes IS NULL) > COUNT(*), COUNTIF(played_minutes IS NULL), 0) AS violations
FROM nba_analytics.team_rotation_game_summary
WHERE game_date BETWEEN @from_date AND @to_date
