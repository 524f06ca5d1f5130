-- Ends a chunk if all rows of its attempt are staged; says how many are, and which chunks of its batch are open then.
-- The event comes first and the state is read second, so that of two chunks that end at once one sees both.
INSERT INTO nba_orchestration.pipeline_events
  (event_id, occurred_at, game_date, phase, output, state, generation, run_id, rows_stored, attempt_id)
SELECT
  @event_id, @occurred_at, @game_date, @phase, @output, @state, @generation, @batch_id, @rows, @attempt_id
FROM (
  SELECT COUNT(*) AS stored
  FROM nba_predictions.prediction_staging
  WHERE game_date = @game_date AND batch_id = @batch_id AND attempt_id = @attempt_id
)
WHERE stored = @rows;

WITH staged AS (
  SELECT COUNT(*) AS stored
  FROM nba_predictions.prediction_staging
  WHERE game_date = @game_date AND batch_id = @batch_id AND attempt_id = @attempt_id
),

chunks AS (
  SELECT DISTINCT game_id, CONCAT('chunk/', batch_id, '/', game_id) AS output
  FROM nba_predictions.prediction_requests
  WHERE game_date = @game_date AND batch_id = @batch_id AND status = 'REQUESTED'
),

ended AS (
  SELECT output
  FROM nba_orchestration.pipeline_state
  WHERE game_date = @game_date AND state IN UNNEST(@terminal)
),

waiting AS (
  SELECT ARRAY_AGG(c.game_id ORDER BY c.game_id) AS open_chunks
  FROM chunks AS c
  LEFT JOIN ended AS e ON e.output = c.output
  WHERE e.output IS NULL
)

SELECT s.stored, COALESCE(w.open_chunks, []) AS open_chunks
FROM staged AS s
CROSS JOIN waiting AS w
