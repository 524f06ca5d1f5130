-- What the monitors look at, a row a finding: finished games without a box score by date, dead letters that nobody has
-- decided about, and the newest good run of each source.
WITH boxed AS (
  SELECT DISTINCT game_id
  FROM nba_raw.nba_player_boxscores
  WHERE game_date BETWEEN @first AND @today
)

SELECT
  'gap' AS kind,
  CAST(g.game_date AS STRING) AS subject,
  COUNT(*) AS figure,
  STRING_AGG(g.game_id, ', ' ORDER BY g.game_id LIMIT 5) AS told,
  MAX(g.tip_at) AS moment
FROM nba_raw.nba_schedule AS g
LEFT JOIN boxed AS b ON b.game_id = g.game_id
WHERE g.game_date BETWEEN @first AND @today AND g.status = 'FINAL' AND g.tip_at < @over_before AND b.game_id IS NULL
GROUP BY g.game_date
UNION ALL
SELECT
  'dead_letters', l.origin, COUNT(*), MAX(l.reason), MIN(l.occurred_at)
FROM nba_orchestration.dead_letters AS l
LEFT JOIN nba_orchestration.dead_letter_decisions AS d ON d.dead_letter_id = l.dead_letter_id
WHERE l.occurred_at >= @letters_since AND d.dead_letter_id IS NULL
GROUP BY l.origin
UNION ALL
SELECT
  'source', source, COUNT(*), MAX(IF(status = 'failed', reason, NULL)), MAX(IF(status = 'failed', NULL, started_at))
FROM nba_orchestration.scrape_runs
WHERE started_at >= @runs_since
GROUP BY source
