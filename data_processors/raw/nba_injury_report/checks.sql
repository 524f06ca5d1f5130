#fail a status is one that the league gives
SELECT COUNT(*) AS violations
FROM nba_raw.nba_injury_report
WHERE game_date BETWEEN @from_date AND @to_date
  AND submitted
  AND (status IS NULL OR status NOT IN ('Out', 'Doubtful', 'Questionable', 'Probable', 'Available'))

#fail a report is about games to come, or of its own evening
SELECT COUNT(*) AS violations
FROM nba_raw.nba_injury_report
WHERE game_date BETWEEN @from_date AND @to_date
  AND DATE(report_at, 'America/New_York') > game_date

#warn every name is resolved
SELECT COUNT(*) AS violations
FROM (
  SELECT DISTINCT player_name
  FROM nba_raw.nba_injury_report
  WHERE game_date BETWEEN @from_date AND @to_date AND submitted AND player_id IS NULL
)

#warn nobody is listed for a team that does not play
SELECT COUNT(*) AS violations
FROM nba_raw.nba_injury_report
WHERE game_date BETWEEN @from_date AND @to_date AND NOT CONTAINS_SUBSTR(game_id, team_abbr)
