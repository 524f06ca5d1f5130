-- What a date's predictions can be filtered by: one row a value that occurs.
WITH rows_of_the_date AS (
  SELECT DISTINCT game_id, system_id, bookmaker
  FROM nba_predictions.player_prop_predictions
  WHERE game_date = @game_date
),

final AS (
  SELECT 'game_id' AS name, game_id AS value FROM rows_of_the_date
  UNION DISTINCT
  SELECT 'system_id', system_id FROM rows_of_the_date
  UNION DISTINCT
  SELECT 'bookmaker', bookmaker FROM rows_of_the_date WHERE bookmaker IS NOT NULL
)

SELECT * FROM final ORDER BY name, value
