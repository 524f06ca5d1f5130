#fail only what went in scores
SELECT COUNT(*) AS violations
FROM nba_raw.nba_shots
WHERE game_date BETWEEN @from_date AND @to_date
  AND points != CASE WHEN NOT made THEN 0 WHEN is_three THEN 3 ELSE 2 END

#fail only what went in is assisted or an and-one
SELECT COUNT(*) AS violations
FROM nba_raw.nba_shots
WHERE game_date BETWEEN @from_date AND @to_date AND NOT made AND (is_assisted OR is_and_one)

#warn a three is shot from 22 feet or more
SELECT COUNT(*) AS violations
FROM nba_raw.nba_shots
WHERE game_date BETWEEN @from_date AND @to_date AND is_three AND shot_distance < 21.5

#warn a player's attempts are those of the box score
SELECT COUNT(*) AS violations
FROM (
  SELECT game_id, player_id, COUNT(*) AS attempts
  FROM nba_raw.nba_shots
  WHERE game_date BETWEEN @from_date AND @to_date
  GROUP BY game_id, player_id
) AS s
JOIN nba_raw.nba_player_boxscores AS b ON b.game_id = s.game_id AND b.player_id = s.player_id
WHERE b.game_date BETWEEN @from_date AND @to_date AND b.fg_attempts != s.attempts
