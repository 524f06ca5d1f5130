#fail no cutoff is after the tip
SELECT COUNT(*) AS violations
FROM nba_analytics.upcoming_team_game_context
WHERE game_date BETWEEN @from_date AND @to_date AND cutoff > tip_at

#fail each game has two teams
SELECT COUNT(*) AS violations FROM (
  SELECT game_id FROM nba_analytics.upcoming_team_game_context
  WHERE game_date BETWEEN @from_date AND @to_date
  GROUP BY game_id HAVING COUNT(*) != 2 OR COUNTIF(is_home) != 1
) AS g

#fail every history is of earlier dates
SELECT COUNT(*) AS violations
FROM nba_analytics.upcoming_team_game_context
WHERE game_date BETWEEN @from_date AND @to_date
  AND (last_game_date >= game_date OR days_rest < 0 OR games_in_last_7_days > games_in_last_14_days)

#fail rest that is missing has its reason
SELECT COUNT(*) AS violations
FROM nba_analytics.upcoming_team_game_context
WHERE game_date BETWEEN @from_date AND @to_date
  AND ((days_rest IS NULL) != (rest_missing_reason IS NOT NULL) OR (days_rest IS NULL) != (back_to_back IS NULL))

#warn two spreads of a game are opposite
SELECT COUNT(*) AS violations FROM (
  SELECT game_id FROM nba_analytics.upcoming_team_game_context
  WHERE game_date BETWEEN @from_date AND @to_date
  GROUP BY game_id HAVING ABS(SUM(spread)) > 0.001 OR MIN(total) != MAX(total)
) AS g

#fail counts are possible
SELECT COUNT(*) AS violations
FROM nba_analytics.upcoming_team_game_context
WHERE game_date BETWEEN @from_date AND @to_date
  AND (games_in_last_15 NOT BETWEEN 0 AND 15 OR wins_season >= game_number_in_season
    OR (win_streak > 0 AND loss_streak > 0))

#warn market and form are in a usual range
SELECT COUNT(*) AS violations
FROM nba_analytics.upcoming_team_game_context
WHERE game_date BETWEEN @from_date AND @to_date
  AND (total NOT BETWEEN 150 AND 300 OR ABS(spread) > 40 OR pace_last_10 NOT BETWEEN 80 AND 120)
