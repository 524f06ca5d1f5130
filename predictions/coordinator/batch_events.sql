-- The latest event of each output of each batch, in the order of pipeline_state, and how often and when it was asked for.
SELECT
  run_id,
  output,
  state,
  rows_stored,
  attempt_id,
  reason,
  occurred_at,
  MAX(attempt) OVER (PARTITION BY run_id, output) AS attempt,
  MAX(IF(state = 'RUNNING', occurred_at, NULL)) OVER (PARTITION BY run_id, output) AS asked_at
FROM nba_orchestration.pipeline_events
WHERE
  game_date BETWEEN @first AND @last
  AND (output = 'player_prop_predictions' OR STARTS_WITH(output, 'chunk/'))
QUALIFY
  ROW_NUMBER() OVER (
    PARTITION BY run_id, output ORDER BY IF(state = 'RUNNING', 0, 1) DESC, occurred_at DESC, event_id DESC
  ) = 1
