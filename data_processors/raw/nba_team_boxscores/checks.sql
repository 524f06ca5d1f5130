#fail points follow from makes
SELECT COUNT(*) AS violations
FROM nba_raw.nba_team_boxscores
WHERE game_date BETWEEN @from_date AND @to_date
  AND points != 2 * (fg_makes - three_pt_makes) + 3 * three_pt_makes + ft_makes

#fail a game has a home team and an away team, each the other's opponent
SELECT COUNT(*) AS violations
FROM (
  SELECT game_id
  FROM nba_raw.nba_team_boxscores
  WHERE game_date BETWEEN @from_date AND @to_date
  GROUP BY game_id
  HAVING COUNT(*) != 2 OR COUNTIF(is_home) != 1 OR SUM(plus_minus) != 0
    OR MIN(team_abbr) != MIN(opponent_team_abbr)
)

#warn the players' figures add up to the team's
SELECT COUNT(*) AS violations
FROM nba_raw.nba_team_boxscores AS t
JOIN (
  SELECT
    game_id, team_abbr, SUM(points) AS points, SUM(fg_attempts) AS fg_attempts, SUM(ft_attempts) AS ft_attempts,
    SUM(assists) AS assists
  FROM nba_raw.nba_player_boxscores
  WHERE game_date BETWEEN @from_date AND @to_date
  GROUP BY game_id, team_abbr
) AS p ON p.game_id = t.game_id AND p.team_abbr = t.team_abbr
WHERE t.game_date BETWEEN @from_date AND @to_date
  AND (p.points != t.points OR p.fg_attempts != t.fg_attempts OR p.ft_attempts != t.ft_attempts
    OR p.assists != t.assists)

#warn the final score is the schedule's
SELECT COUNT(*) AS violations
FROM nba_raw.nba_team_boxscores AS t
JOIN nba_raw.nba_schedule AS s ON s.game_id = t.game_id
WHERE t.game_date BETWEEN @from_date AND @to_date
  AND s.game_date BETWEEN @from_date AND @to_date
  AND t.points != IF(t.is_home, s.home_points, s.away_points)
