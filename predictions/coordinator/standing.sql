-- Games of failed chunks that have begun, with the older batch whose rows stand and can be taken from the history.
-- Parameters: failed ARRAY<STRING>, those games; now TIMESTAMP, when the batch is closed; game_date, batch_id.
WITH asked AS (
  SELECT game_id, COUNTIF(status = 'SKIPPED') AS skipped
  FROM nba_predictions.prediction_requests
  WHERE game_date = @game_date AND batch_id = @batch_id AND game_id IN UNNEST(@failed)
  GROUP BY game_id
  HAVING MAX(tip_at) <= @now
),

in_place AS (
  SELECT game_id, MIN(batch_id) AS batch_id, COUNT(*) AS stored
  FROM nba_predictions.player_prop_predictions
  WHERE game_date = @game_date AND game_id IN UNNEST(@failed)
  GROUP BY game_id
  HAVING COUNT(DISTINCT batch_id) = 1
),

history AS (
  SELECT game_id, batch_id, COUNT(*) AS stored
  FROM nba_predictions.prediction_history
  WHERE game_date = @game_date AND game_id IN UNNEST(@failed)
  GROUP BY game_id, batch_id
)

SELECT p.game_id, p.batch_id, a.skipped
FROM in_place AS p
JOIN asked AS a ON a.game_id = p.game_id
JOIN history AS h ON h.game_id = p.game_id AND h.batch_id = p.batch_id AND h.stored = p.stored
WHERE p.batch_id != @batch_id
