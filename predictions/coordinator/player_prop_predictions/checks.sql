#fail chances of a line add up to one
SELECT COUNT(*) AS violations
FROM nba_predictions.player_prop_predictions
WHERE game_date BETWEEN @from_date AND @to_date AND line IS NOT NULL
  AND ABS(p_over + p_push + p_under - 1) > 0.00001

#fail every prediction has a distribution and a recommendation
SELECT COUNT(*) AS violations
FROM nba_predictions.player_prop_predictions
WHERE game_date BETWEEN @from_date AND @to_date AND status = 'PREDICTED'
  AND (predicted_points IS NULL OR sd_points IS NULL OR recommendation IS NULL)

#fail whoever is not predicted has a reason
SELECT COUNT(*) AS violations
FROM nba_predictions.player_prop_predictions
WHERE game_date BETWEEN @from_date AND @to_date AND status != 'PREDICTED' AND reason IS NULL

#fail no line is later than the cutoff
SELECT COUNT(*) AS violations
FROM nba_predictions.player_prop_predictions
WHERE game_date BETWEEN @from_date AND @to_date AND snapshot_at > cutoff

#fail a recommendation is only made at a price
SELECT COUNT(*) AS violations
FROM nba_predictions.player_prop_predictions
WHERE game_date BETWEEN @from_date AND @to_date
  AND ((recommendation = 'OVER' AND ev_over IS NULL) OR (recommendation = 'UNDER' AND ev_under IS NULL))

#fail a stake is only put on what is recommended, and is small
SELECT COUNT(*) AS violations
FROM nba_predictions.player_prop_predictions
WHERE game_date BETWEEN @from_date AND @to_date
  AND (kelly_fraction NOT BETWEEN 0 AND 0.05
    OR (recommendation IN ('OVER', 'UNDER') AND COALESCE(kelly_fraction, 0) = 0)
    OR (recommendation NOT IN ('OVER', 'UNDER') AND kelly_fraction > 0))

#fail the market is pooled where it has a chance, and only there
SELECT COUNT(*) AS violations
FROM nba_predictions.player_prop_predictions
WHERE game_date BETWEEN @from_date AND @to_date
  AND (pooled_p_over NOT BETWEEN 0 AND 1 OR (pooled_p_over IS NULL) != (no_vig_p_over IS NULL)
    OR (price_note IS NOT NULL AND no_vig_p_over IS NOT NULL))

#warn some system predicts everybody who was asked for
SELECT COUNT(*) AS violations
FROM (
  SELECT game_date, player_lookup
  FROM nba_predictions.player_prop_predictions
  WHERE game_date BETWEEN @from_date AND @to_date AND status IN ('PREDICTED', 'UNPREDICTABLE')
  GROUP BY game_date, player_lookup
  HAVING COUNTIF(status = 'PREDICTED') = 0
) AS p

#warn no chunk failed
SELECT COUNT(*) AS violations
FROM nba_predictions.player_prop_predictions
WHERE game_date BETWEEN @from_date AND @to_date AND status = 'FAILED'
