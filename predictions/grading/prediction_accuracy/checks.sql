#fail a void counts in nothing
SELECT COUNT(*) AS violations
FROM nba_predictions.prediction_accuracy
WHERE game_date BETWEEN @from_date AND @to_date AND is_voided
  AND (absolute_error IS NOT NULL OR crps IS NOT NULL OR brier IS NOT NULL OR outcome IS NOT NULL
    OR prediction_correct IS NOT NULL OR profit IS NOT NULL OR closing_line_value IS NOT NULL
    OR log_loss IS NOT NULL OR market_brier IS NOT NULL OR closing_probability_value IS NOT NULL
    OR pooled_brier IS NOT NULL)

#fail a push is scored by no chance
SELECT COUNT(*) AS violations
FROM nba_predictions.prediction_accuracy
WHERE game_date BETWEEN @from_date AND @to_date AND outcome = 'PUSH'
  AND (brier IS NOT NULL OR log_loss IS NOT NULL OR market_brier IS NOT NULL OR market_log_loss IS NOT NULL
    OR pooled_brier IS NOT NULL OR pooled_log_loss IS NOT NULL OR prediction_correct IS NOT NULL OR profit != 0)

#fail the market is scored on the rows that both sides were priced on
SELECT COUNT(*) AS violations
FROM nba_predictions.prediction_accuracy
WHERE game_date BETWEEN @from_date AND @to_date
  AND (market_brier IS NOT NULL) != (brier IS NOT NULL AND no_vig_p_over IS NOT NULL)

#fail the pool is scored wherever it is there
SELECT COUNT(*) AS violations
FROM nba_predictions.prediction_accuracy
WHERE game_date BETWEEN @from_date AND @to_date
  AND (pooled_brier IS NOT NULL) != (brier IS NOT NULL AND pooled_p_over IS NOT NULL)

#fail whoever played has an error
SELECT COUNT(*) AS violations
FROM nba_predictions.prediction_accuracy
WHERE game_date BETWEEN @from_date AND @to_date AND NOT is_voided AND absolute_error IS NULL

#fail every prediction is graded once
SELECT ABS(
  (SELECT COUNT(*) FROM nba_predictions.prediction_accuracy WHERE game_date BETWEEN @from_date AND @to_date)
  - (SELECT COUNT(*) FROM nba_predictions.player_prop_predictions
    WHERE game_date BETWEEN @from_date AND @to_date AND status = 'PREDICTED'
      AND game_date IN (SELECT a.game_date FROM nba_predictions.prediction_accuracy AS a
        WHERE a.game_date BETWEEN @from_date AND @to_date))
) AS violations

#fail only a push or a pass has no verdict
SELECT COUNT(*) AS violations
FROM nba_predictions.prediction_accuracy
WHERE game_date BETWEEN @from_date AND @to_date AND NOT is_voided
  AND recommendation IN ('OVER', 'UNDER') AND (prediction_correct IS NULL) != (outcome = 'PUSH')

#warn fewer than one prediction in five is a void
SELECT IF(COUNTIF(is_voided) * 5 > COUNT(*), COUNTIF(is_voided), 0) AS violations
FROM nba_predictions.prediction_accuracy
WHERE game_date BETWEEN @from_date AND @to_date
