#fail shares make a whole
SELECT COUNT(*) AS violations
FROM nba_precompute.player_shot_zone_analysis
WHERE game_date BETWEEN @from_date AND @to_date
  AND (ABS(paint_rate_last_10 + mid_range_rate_last_10 + three_pt_rate_last_10 - 100) > 0.0001
    OR paint_pct_last_10 NOT BETWEEN 0 AND 1 OR mid_range_pct_last_10 NOT BETWEEN 0 AND 1
    OR three_pt_pct_last_10 NOT BETWEEN 0 AND 1 OR assisted_rate_last_10 NOT BETWEEN 0 AND 100
    OR games_in_sample_10 NOT BETWEEN 0 AND 10 OR games_in_sample_20 NOT BETWEEN games_in_sample_10 AND 20)

#fail no cutoff is after the tip
SELECT COUNT(*) AS violations
FROM nba_precompute.player_shot_zone_analysis
WHERE game_date BETWEEN @from_date AND @to_date AND cutoff > tip_at

#fail what is missing has a reason
SELECT COUNT(*) AS violations
FROM nba_precompute.player_shot_zone_analysis
WHERE game_date BETWEEN @from_date AND @to_date AND (paint_rate_last_10 IS NULL) != (missing_reason IS NOT NULL)

#warn every player of the context has a row
SELECT COUNT(*) AS violations
FROM nba_analytics.upcoming_player_game_context AS c
LEFT JOIN nba_precompute.player_shot_zone_analysis AS z
  ON z.game_id = c.game_id AND z.player_lookup = c.player_lookup
  AND z.game_date BETWEEN @from_date AND @to_date
WHERE c.game_date BETWEEN @from_date AND @to_date AND z.game_id IS NULL
