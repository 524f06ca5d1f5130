#fail points follow from makes
SELECT COUNT(*) AS violations
FROM nba_raw.bdl_player_boxscores
WHERE game_date BETWEEN @from_date AND @to_date
  AND points != 2 * (fg_makes - three_pt_makes) + 3 * three_pt_makes + ft_makes

#warn the other provider has the same points
SELECT COUNT(*) AS violations
FROM nba_raw.bdl_player_boxscores AS b
JOIN nba_raw.nba_player_boxscores AS n ON n.game_id = b.game_id AND n.player_id = b.player_id
WHERE b.game_date BETWEEN @from_date AND @to_date
  AND n.game_date BETWEEN @from_date AND @to_date
  AND b.points != n.points

#warn every name is resolved
SELECT COUNT(*) AS violations
FROM (
  SELECT DISTINCT player_name
  FROM nba_raw.bdl_player_boxscores
  WHERE game_date BETWEEN @from_date AND @to_date AND player_id IS NULL
)
