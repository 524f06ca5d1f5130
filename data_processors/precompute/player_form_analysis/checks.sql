#fail no cutoff is after the tip
SELECT COUNT(*) AS violations
FROM nba_precompute.player_form_analysis
WHERE game_date BETWEEN @from_date AND @to_date AND cutoff > tip_at

#fail figures are possible
SELECT COUNT(*) AS violations
FROM nba_precompute.player_form_analysis
WHERE game_date BETWEEN @from_date AND @to_date
  AND (minutes_ewma_2 NOT BETWEEN 0 AND 70 OR minutes_ewma_30 NOT BETWEEN 0 AND 70
    OR points_ewma_2 NOT BETWEEN 0 AND 100 OR points_ewma_30 NOT BETWEEN 0 AND 100
    OR ABS(size) > 1 OR team_games_missed < 0 OR is_available_today NOT IN (0, 1)
    OR rotation_minutes < 0 OR out_minutes_today < 0 OR available_minutes_today < 0)

#fail what is missing has a reason
SELECT COUNT(*) AS violations
FROM nba_precompute.player_form_analysis
WHERE game_date BETWEEN @from_date AND @to_date AND missing_reason IS NULL
  AND (points_ewma_30 IS NULL OR minutes_std_last_25 IS NULL OR close_game_minutes_ewma_8 IS NULL)

#warn every player of the context has a row
SELECT COUNT(*) AS violations
FROM nba_analytics.upcoming_player_game_context AS c
LEFT JOIN nba_precompute.player_form_analysis AS f
  ON f.game_id = c.game_id AND f.player_lookup = c.player_lookup
  AND f.game_date BETWEEN @from_date AND @to_date
WHERE c.game_date BETWEEN @from_date AND @to_date AND f.game_id IS NULL
