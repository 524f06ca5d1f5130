-- Every date of a span with its games, the newest state of each output, how often it was asked for on that generation,
-- and whether its newest batch is still open: one job, however quiet or busy the day.
WITH days AS (
  SELECT game_date
  FROM UNNEST(GENERATE_DATE_ARRAY(@first, @last)) AS game_date
),

slates AS (
  SELECT
    game_date,
    COUNTIF(status != 'POSTPONED') AS scheduled,
    COUNTIF(status = 'FINAL') AS final_games,
    MIN(IF(status != 'POSTPONED', tip_at, NULL)) AS first_tip,
    MAX(IF(status != 'POSTPONED', tip_at, NULL)) AS last_tip
  FROM nba_raw.nba_schedule
  WHERE game_date BETWEEN @first AND @last
  GROUP BY game_date
),

asks AS (
  SELECT game_date, output, generation, MAX(attempt) AS attempts, MAX(occurred_at) AS asked_at
  FROM nba_orchestration.pipeline_events
  WHERE game_date BETWEEN @first AND @last AND attempt IS NOT NULL
  GROUP BY game_date, output, generation
),

newest_batches AS (
  SELECT game_date, batch_id
  FROM nba_predictions.prediction_requests
  WHERE game_date BETWEEN @first AND @last
  GROUP BY game_date, batch_id, generation
  QUALIFY ROW_NUMBER() OVER (PARTITION BY game_date ORDER BY generation DESC, MIN(written_at) DESC) = 1
),

closed_batches AS (
  SELECT DISTINCT run_id
  FROM nba_orchestration.pipeline_events
  WHERE game_date BETWEEN @first AND @last AND output = 'player_prop_predictions' AND state != 'RUNNING'
)

SELECT
  d.game_date,
  COALESCE(g.scheduled, 0) AS scheduled,
  COALESCE(g.final_games, 0) AS final_games,
  g.first_tip,
  g.last_tip,
  IF(c.run_id IS NULL, b.batch_id, NULL) AS open_batch,
  s.output,
  s.state,
  s.generation,
  s.rows_stored,
  s.rows_expected,
  s.games,
  s.games_expected,
  s.attempt_id,
  s.reason,
  s.occurred_at,
  COALESCE(a.attempts, 0) AS attempts,
  a.asked_at
FROM days AS d
LEFT JOIN slates AS g ON g.game_date = d.game_date
LEFT JOIN newest_batches AS b ON b.game_date = d.game_date
LEFT JOIN closed_batches AS c ON c.run_id = b.batch_id
LEFT JOIN nba_orchestration.pipeline_state AS s
  ON s.game_date = d.game_date AND s.game_date BETWEEN @first AND @last AND NOT STARTS_WITH(s.output, 'chunk/')
LEFT JOIN asks AS a ON a.game_date = s.game_date AND a.output = s.output AND a.generation = s.generation
