SELECT game_date, COUNT(*) AS expected_rows
FROM nba_analytics.upcoming_player_game_context
WHERE game_date BETWEEN @from_date AND @to_date AND tip_at > @moment
GROUP BY game_date
