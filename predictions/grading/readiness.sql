-- For each date with games: how many were to be played, are final, and have a box.
WITH boxes AS (
  SELECT DISTINCT game_id
  FROM nba_analytics.player_game_summary
  WHERE game_date BETWEEN @first AND @last
)

SELECT
  g.game_date,
  COUNTIF(g.status != 'POSTPONED') AS expected,
  COUNTIF(g.status = 'FINAL') AS final,
  COUNTIF(g.status = 'FINAL' AND b.game_id IS NOT NULL) AS boxed
FROM nba_raw.nba_schedule AS g
LEFT JOIN boxes AS b ON b.game_id = g.game_id
WHERE g.game_date BETWEEN @first AND @last
GROUP BY g.game_date
