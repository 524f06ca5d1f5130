SELECT c.game_date, COUNT(*) AS expected_rows
FROM nba_analytics.upcoming_team_game_context AS c
JOIN nba_raw.nba_schedule AS s
  ON s.game_id = c.game_id AND s.game_date BETWEEN @from_date AND @to_date AND s.status != 'POSTPONED'
WHERE c.game_date BETWEEN @from_date AND @to_date AND s.tip_at > @moment
GROUP BY c.game_date
