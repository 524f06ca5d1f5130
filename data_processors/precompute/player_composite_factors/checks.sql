#fail factors are in their ranges
SELECT COUNT(*) AS violations
FROM nba_precompute.player_composite_factors
WHERE game_date BETWEEN @from_date AND @to_date
  AND (fatigue_score NOT BETWEEN 0 AND 100 OR fatigue_adjustment NOT BETWEEN -5 AND 0
    OR ABS(shot_zone_mismatch_score) > 10 OR ABS(pace_score) > 3 OR ABS(usage_spike_score) > 3)

#fail no cutoff is after the tip
SELECT COUNT(*) AS violations
FROM nba_precompute.player_composite_factors
WHERE game_date BETWEEN @from_date AND @to_date AND cutoff > tip_at

#fail what is missing has a reason
SELECT COUNT(*) AS violations
FROM nba_precompute.player_composite_factors
WHERE game_date BETWEEN @from_date AND @to_date
  AND missing_reason IS NULL
  AND (fatigue_score IS NULL OR shot_zone_mismatch_score IS NULL OR pace_score IS NULL
    OR usage_spike_score IS NULL)

#warn few games are extreme
SELECT IF(COUNTIF(warnings IS NOT NULL) > 0.2 * COUNT(*), COUNTIF(warnings IS NOT NULL), 0) AS violations
FROM nba_precompute.player_composite_factors
WHERE game_date BETWEEN @from_date AND @to_date

#warn every player of the context has a row
SELECT COUNT(*) AS violations
FROM nba_analytics.upcoming_player_game_context AS c
LEFT JOIN nba_precompute.player_composite_factors AS f
  ON f.game_id = c.game_id AND f.player_lookup = c.player_lookup
  AND f.game_date BETWEEN @from_date AND @to_date
WHERE c.game_date BETWEEN @from_date AND @to_date AND f.game_id IS NULL
