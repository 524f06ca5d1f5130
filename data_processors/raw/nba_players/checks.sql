#fail an index is of one season
SELECT COUNT(*) AS violations
FROM (
  SELECT game_date
  FROM nba_raw.nba_players
  WHERE game_date BETWEEN @from_date AND @to_date
  GROUP BY game_date
  HAVING COUNT(DISTINCT season_year) > 1
)

#warn an index has more than four hundred players
SELECT COUNT(*) AS violations
FROM (
  SELECT game_date
  FROM nba_raw.nba_players
  WHERE game_date BETWEEN @from_date AND @to_date
  GROUP BY game_date
  HAVING COUNT(*) < 400
)

#warn no two players share a lookup
SELECT COUNT(*) AS violations
FROM (
  SELECT game_date, player_lookup
  FROM nba_raw.nba_players
  WHERE game_date BETWEEN @from_date AND @to_date
  GROUP BY game_date, player_lookup
  HAVING COUNT(*) > 1
)

#warn every team has at least thirteen players
SELECT COUNT(*) AS violations
FROM (
  SELECT game_date, team_abbr
  FROM nba_raw.nba_players
  WHERE game_date BETWEEN @from_date AND @to_date AND team_abbr IS NOT NULL
  GROUP BY game_date, team_abbr
  HAVING COUNT(*) < 13
)
