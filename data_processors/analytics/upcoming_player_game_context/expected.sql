-- The known players of each team's newest roster of the last seven days; a date without rosters expects no number.
WITH games AS (
  SELECT game_date, tip_at, team_abbr
  FROM nba_raw.nba_schedule
  CROSS JOIN UNNEST([home_team, away_team]) AS team_abbr
  WHERE game_date BETWEEN @from_date AND @to_date AND status != 'POSTPONED' AND tip_at > @moment
),

listed AS (
  SELECT g.game_date, r.player_lookup, r.game_date AS listed_on, MAX(r.game_date) OVER a_team AS newest
  FROM games AS g
  JOIN nba_raw.espn_rosters AS r
    ON r.team_abbr = g.team_abbr
    AND r.game_date BETWEEN DATE_SUB(g.game_date, INTERVAL 7 DAY) AND g.game_date
    AND r.listed_at <= g.tip_at
  WHERE r.game_date BETWEEN DATE_SUB(@from_date, INTERVAL 7 DAY) AND @to_date AND r.player_id IS NOT NULL
  WINDOW a_team AS (PARTITION BY g.game_date, g.team_abbr)
)

SELECT game_date, COUNT(DISTINCT player_lookup) AS expected_rows
FROM listed
WHERE listed_on = newest
GROUP BY game_date
