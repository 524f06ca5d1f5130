#fail a resolved player is on a roster once
SELECT COUNT(*) AS violations
FROM (
  SELECT game_date, team_abbr, player_id
  FROM nba_raw.espn_rosters
  WHERE game_date BETWEEN @from_date AND @to_date AND player_id IS NOT NULL
  GROUP BY game_date, team_abbr, player_id
  HAVING COUNT(*) > 1
)

#warn a roster has thirteen to twenty-one players
SELECT COUNT(*) AS violations
FROM (
  SELECT game_date, team_abbr
  FROM nba_raw.espn_rosters
  WHERE game_date BETWEEN @from_date AND @to_date
  GROUP BY game_date, team_abbr
  HAVING COUNT(*) NOT BETWEEN 13 AND 21
)

#warn nobody is on two teams
SELECT COUNT(*) AS violations
FROM (
  SELECT game_date, espn_player_id
  FROM nba_raw.espn_rosters
  WHERE game_date BETWEEN @from_date AND @to_date
  GROUP BY game_date, espn_player_id
  HAVING COUNT(DISTINCT team_abbr) > 1
)

#warn every name is resolved
SELECT COUNT(*) AS violations
FROM (
  SELECT DISTINCT player_name
  FROM nba_raw.espn_rosters
  WHERE game_date BETWEEN @from_date AND @to_date AND player_id IS NULL
)
