#fail points follow from makes
SELECT COUNT(*) AS violations
FROM nba_raw.nba_player_boxscores
WHERE game_date BETWEEN @from_date AND @to_date
  AND points != 2 * (fg_makes - three_pt_makes) + 3 * three_pt_makes + ft_makes

#fail nobody makes more than he attempts
SELECT COUNT(*) AS violations
FROM nba_raw.nba_player_boxscores
WHERE game_date BETWEEN @from_date AND @to_date
  AND (fg_makes > fg_attempts OR three_pt_makes > three_pt_attempts OR ft_makes > ft_attempts
    OR three_pt_makes > fg_makes OR three_pt_attempts > fg_attempts)

#fail both teams of a game are there
SELECT COUNT(*) AS violations
FROM (
  SELECT game_id
  FROM nba_raw.nba_player_boxscores
  WHERE game_date BETWEEN @from_date AND @to_date
  GROUP BY game_id
  HAVING COUNT(DISTINCT team_abbr) != 2
)

#warn five starters a team
SELECT COUNT(*) AS violations
FROM (
  SELECT game_id, team_abbr
  FROM nba_raw.nba_player_boxscores
  WHERE game_date BETWEEN @from_date AND @to_date
  GROUP BY game_id, team_abbr
  HAVING COUNTIF(is_starter) NOT IN (0, 5)
)

#warn who did not play has no statistics
SELECT COUNT(*) AS violations
FROM nba_raw.nba_player_boxscores
WHERE game_date BETWEEN @from_date AND @to_date
  AND status != 'PLAYED' AND points + fg_attempts + ft_attempts + assists + steals + blocks > 0
