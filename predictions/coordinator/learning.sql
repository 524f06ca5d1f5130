SELECT
  n.trained_through,
  MIN(s.game_date) AS first_game,
  COUNT(DISTINCT s.game_id) AS games
FROM (SELECT MAX(trained_through) AS trained_through FROM nba_predictions.ml_models) AS n
LEFT JOIN nba_analytics.player_game_summary AS s
  ON s.game_date > n.trained_through AND s.game_date <= @today
GROUP BY n.trained_through
