SELECT game_date, COUNT(*) AS expected_rows
FROM nba_raw.nba_player_boxscores
WHERE game_date BETWEEN @from_date AND @to_date AND status = 'PLAYED'
GROUP BY game_date
