#fail each defense faces an offense of its game
SELECT COUNT(*) AS violations
FROM nba_analytics.team_defense_game_summary AS d
LEFT JOIN nba_analytics.team_offense_game_summary AS o
  ON o.game_id = d.game_id AND o.team_abbr = d.opponent_team_abbr
  AND o.game_date BETWEEN @from_date AND @to_date
WHERE d.game_date BETWEEN @from_date AND @to_date
  AND (o.game_id IS NULL OR d.points_allowed != o.points_scored)

#fail each game has two teams
SELECT COUNT(*) AS violations FROM (
  SELECT game_id FROM nba_analytics.team_defense_game_summary
  WHERE game_date BETWEEN @from_date AND @to_date
  GROUP BY game_id HAVING COUNT(*) != 2
) AS g

#warn defensive ratings are in a usual range
SELECT COUNT(*) AS violations
FROM nba_analytics.team_defense_game_summary
WHERE game_date BETWEEN @from_date AND @to_date AND defensive_rating NOT BETWEEN 60 AND 180

#fail points allowed add up by zone
SELECT COUNT(*) AS violations
FROM nba_analytics.team_defense_game_summary
WHERE game_date BETWEEN @from_date AND @to_date
  AND (points_in_paint_allowed + mid_range_points_allowed + three_pt_points_allowed > points_allowed
    OR paint_blocks + mid_range_blocks + three_pt_blocks != blocks)
