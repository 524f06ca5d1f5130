SELECT
  game_date, phase, output, state, generation, rows_stored, rows_expected, games, games_expected, attempt, attempt_id, reason,
  run_id, occurred_at
FROM nba_orchestration.pipeline_events
WHERE TRUE
QUALIFY ROW_NUMBER() OVER (
  PARTITION BY game_date, phase, output
  ORDER BY generation DESC, IF(state = 'RUNNING', 0, 1) DESC, occurred_at DESC, event_id DESC
) = 1
