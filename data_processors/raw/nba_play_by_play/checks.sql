#fail only a made shot scores
SELECT COUNT(*) AS violations
FROM nba_raw.nba_play_by_play
WHERE game_date BETWEEN @from_date AND @to_date AND points > 0 AND COALESCE(shot_result, '') != 'Made'

#fail the order of a game's actions has no gap
SELECT COUNT(*) AS violations
FROM (
  SELECT game_id
  FROM nba_raw.nba_play_by_play
  WHERE game_date BETWEEN @from_date AND @to_date
  GROUP BY game_id
  HAVING MAX(sequence) != COUNT(*) OR MIN(sequence) != 1
) AS g

#warn the points of the actions add up to the final score
SELECT COUNT(*) AS violations
FROM (
  SELECT
    p.game_id,
    SUM(IF(p.team_abbr = s.home_team, p.points, 0)) - MAX(p.home_points) AS home_gap,
    SUM(IF(p.team_abbr = s.away_team, p.points, 0)) - MAX(p.away_points) AS away_gap
  FROM nba_raw.nba_play_by_play AS p
  JOIN nba_raw.nba_schedule AS s ON s.game_id = p.game_id
  WHERE p.game_date BETWEEN @from_date AND @to_date AND s.game_date BETWEEN @from_date AND @to_date
  GROUP BY p.game_id
) AS g
WHERE g.home_gap != 0 OR g.away_gap != 0

#warn a player's points are those of the box score
SELECT COUNT(*) AS violations
FROM (
  SELECT game_id, player_id, SUM(points) AS points
  FROM nba_raw.nba_play_by_play
  WHERE game_date BETWEEN @from_date AND @to_date AND player_id IS NOT NULL
  GROUP BY game_id, player_id
) AS p
JOIN nba_raw.nba_player_boxscores AS b ON b.game_id = p.game_id AND b.player_id = p.player_id
WHERE b.game_date BETWEEN @from_date AND @to_date AND b.points != p.points

#warn a game has 100 actions or more
SELECT COUNT(*) AS violations
FROM (
  SELECT game_id
  FROM nba_raw.nba_play_by_play
  WHERE game_date BETWEEN @from_date AND @to_date
  GROUP BY game_id
  HAVING COUNT(*) < 100
) AS g
