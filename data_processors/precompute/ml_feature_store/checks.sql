#fail quality is between 0 and 100
SELECT COUNT(*) AS violations
FROM nba_predictions.ml_feature_store
WHERE game_date BETWEEN @from_date AND @to_date AND quality_score NOT BETWEEN 0 AND 100

#fail full quality has nothing missing
SELECT COUNT(*) AS violations
FROM nba_predictions.ml_feature_store
WHERE game_date BETWEEN @from_date AND @to_date
  AND quality_score = 100 AND ARRAY_LENGTH(missing_features) > 0

#fail no cutoff is after the tip
SELECT COUNT(*) AS violations
FROM nba_predictions.ml_feature_store
WHERE game_date BETWEEN @from_date AND @to_date AND cutoff > tip_at

#fail a line is flagged when it is there
SELECT COUNT(*) AS violations
FROM nba_predictions.ml_feature_store
WHERE game_date BETWEEN @from_date AND @to_date
  AND (has_vegas_line = 1) != (vegas_points_line IS NOT NULL)

#fail flags are 0 or 1 and counts are possible
SELECT COUNT(*) AS violations
FROM nba_predictions.ml_feature_store
WHERE game_date BETWEEN @from_date AND @to_date
  AND (home_away NOT IN (0, 1) OR back_to_back NOT IN (0, 1) OR playoff_game NOT IN (0, 1)
    OR games_in_last_7_days NOT BETWEEN 0 AND 7 OR days_rest < 0 OR points_std_last_10 < 0
    OR rest_advantage NOT BETWEEN -2 AND 2 OR injury_risk NOT BETWEEN 0 AND 3
    OR recent_trend NOT BETWEEN -2 AND 2 OR minutes_change NOT BETWEEN -2 AND 2)

#fail scores and shares are in their ranges
SELECT COUNT(*) AS violations
FROM nba_predictions.ml_feature_store
WHERE game_date BETWEEN @from_date AND @to_date
  AND (fatigue_score NOT BETWEEN 0 AND 100 OR ABS(shot_zone_mismatch_score) > 10 OR ABS(pace_score) > 3
    OR ABS(usage_spike_score) > 3 OR pct_free_throw NOT BETWEEN 0 AND 0.5 OR team_win_pct NOT BETWEEN 0 AND 1
    OR ABS(pct_paint + pct_mid_range + pct_three - 1) > 0.000001
    OR points_avg_last_10 NOT BETWEEN 0 AND 100 OR minutes_avg_last_10 NOT BETWEEN 0 AND 70)

#warn every player of the context has features
SELECT COUNT(*) AS violations
FROM nba_analytics.upcoming_player_game_context AS c
LEFT JOIN nba_predictions.ml_feature_store AS f
  ON f.game_id = c.game_id AND f.player_lookup = c.player_lookup
  AND f.game_date BETWEEN @from_date AND @to_date
WHERE c.game_date BETWEEN @from_date AND @to_date AND f.game_id IS NULL

#warn every feature rests on the newest context
SELECT COUNT(*) AS violations
FROM nba_predictions.ml_feature_store AS f
JOIN nba_analytics.upcoming_player_game_context AS c
  ON c.game_id = f.game_id AND c.player_lookup = f.player_lookup
  AND c.game_date BETWEEN @from_date AND @to_date
WHERE f.game_date BETWEEN @from_date AND @to_date AND f.cutoff != c.cutoff

#warn most players have good features
SELECT IF(COUNTIF(quality_score < 70) > COUNT(*) / 2, COUNTIF(quality_score < 70), 0) AS violations
FROM nba_predictions.ml_feature_store
WHERE game_date BETWEEN @from_date AND @to_date
