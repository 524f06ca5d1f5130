#fail the teams of a game differ
SELECT COUNT(*) AS violations
FROM nba_raw.nba_schedule
WHERE game_date BETWEEN @from_date AND @to_date AND home_team = away_team

#fail no team plays twice on a date
SELECT COUNT(*) AS violations
FROM (
  SELECT g.game_date, team
  FROM nba_raw.nba_schedule AS g, UNNEST([g.home_team, g.away_team]) AS team
  WHERE g.game_date BETWEEN @from_date AND @to_date AND g.status != 'POSTPONED'
  GROUP BY g.game_date, team
  HAVING COUNT(*) > 1
)

#warn the tip-off lies on the game's Eastern date
SELECT COUNT(*) AS violations
FROM nba_raw.nba_schedule
WHERE game_date BETWEEN @from_date AND @to_date AND DATE(tip_at, 'America/New_York') != game_date

#warn a finished game has a winner
SELECT COUNT(*) AS violations
FROM nba_raw.nba_schedule
WHERE game_date BETWEEN @from_date AND @to_date AND status = 'FINAL'
  AND (home_points IS NULL OR away_points IS NULL OR home_points = away_points)
