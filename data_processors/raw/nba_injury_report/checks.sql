#fail every report comes before the tip-off
SELECT COUNT(*) AS violations
FROM nba_raw.nba_injury_report AS r
JOIN nba_raw.nba_schedule AS g ON g.game_id = r.game_id
WHERE r.game_date BETWEEN @from_date AND @to_date
  AND g.game_date BETWEEN @from_date AND @to_date
  AND r.report_at >= g.tip_at

#warn statuses are the report's five
SELECT COUNT(*) AS violations
FROM nba_raw.nba_injury_report
WHERE game_date BETWEEN @from_date AND @to_date
  AND status NOT IN ('Out', 'Doubtful', 'Questionable', 'Probable', 'Available')
