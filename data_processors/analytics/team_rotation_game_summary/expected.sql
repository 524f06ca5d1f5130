SELECT game_date, 2 * COUNT(*) AS expected_rows
FROM nba_raw.nba_schedule
WHERE game_date BETWEEN @from_date AND @to_date AND status != 'POSTPONED'
GROUP BY game_date
