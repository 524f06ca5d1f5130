-- The players of each stored batch, counted by game and by why they are skipped (NULL: asked for).
WITH players AS (
  SELECT
    game_date,
    batch_id,
    game_id,
    as_of,
    lead_minutes,
    ARRAY_TO_STRING(systems, ',') AS asked_systems,
    IF(status = 'SKIPPED', COALESCE(skip_kind, 'unknown'), NULL) AS skipped_for,
    written_at
  FROM nba_predictions.prediction_requests
  WHERE game_date BETWEEN @first AND @last
)

SELECT
  game_date,
  batch_id,
  game_id,
  as_of,
  lead_minutes,
  asked_systems,
  skipped_for,
  COUNT(*) AS players,
  MIN(written_at) AS stored_at
FROM players
GROUP BY game_date, batch_id, game_id, as_of, lead_minutes, asked_systems, skipped_for
