SELECT
  game_date,
  batch_id,
  game_id,
  as_of,
  lead_minutes,
  COUNTIF(status = 'REQUESTED') AS requested,
  COUNTIF(status = 'SKIPPED') AS skipped
FROM nba_predictions.prediction_requests
WHERE game_date BETWEEN @first AND @last
GROUP BY game_date, batch_id, game_id, as_of, lead_minutes
