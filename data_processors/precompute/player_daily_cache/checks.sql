#fail no cutoff is after the tip
SELECT COUNT(*) AS violations
FROM nba_precompute.player_daily_cache
WHERE game_date BETWEEN @from_date AND @to_date AND cutoff > tip_at

#fail figures are possible
SELECT COUNT(*) AS violations
FROM nba_precompute.player_daily_cache
WHERE game_date BETWEEN @from_date AND @to_date
  AND (points_avg_last_5 < 0 OR points_avg_last_10 < 0 OR points_std_last_10 < 0 OR minutes_avg_last_10 < 0
    OR points_avg_last_10 > 100 OR minutes_avg_last_10 > 70
    OR games_in_last_10 NOT BETWEEN 0 AND 10 OR ts_pct_last_10 NOT BETWEEN 0 AND 1.5
    OR pct_free_throw NOT BETWEEN 0 AND 0.5 OR start_rate_last_10 NOT BETWEEN 0 AND 1
    OR recent_trend NOT BETWEEN -2 AND 2 OR minutes_change NOT BETWEEN -2 AND 2
    OR games_vs_opponent < 0 OR points_ewma_8 NOT BETWEEN 0 AND 100)

#fail what is missing has a reason
SELECT COUNT(*) AS violations
FROM nba_precompute.player_daily_cache
WHERE game_date BETWEEN @from_date AND @to_date
  AND missing_reason IS NULL
  AND (points_avg_last_5 IS NULL OR points_avg_season IS NULL OR points_std_last_10 IS NULL
    OR recent_trend IS NULL OR pct_free_throw IS NULL OR minutes_change IS NULL OR ppm_avg_last_10 IS NULL
    OR usage_rate_last_10 IS NULL OR ts_pct_last_10 IS NULL OR team_pace_last_10 IS NULL
    OR points_ewma_8 IS NULL OR usage_ewma_8 IS NULL)

#warn figures are in a usual range
SELECT COUNT(*) AS violations
FROM nba_precompute.player_daily_cache
WHERE game_date BETWEEN @from_date AND @to_date
  AND (points_avg_last_10 > 50 OR minutes_avg_last_10 > 48 OR team_pace_last_10 NOT BETWEEN 80 AND 120)

#warn every player of the context has a row
SELECT COUNT(*) AS violations
FROM nba_analytics.upcoming_player_game_context AS c
LEFT JOIN nba_precompute.player_daily_cache AS p
  ON p.game_id = c.game_id AND p.player_lookup = c.player_lookup
  AND p.game_date BETWEEN @from_date AND @to_date
WHERE c.game_date BETWEEN @from_date AND @to_date AND p.game_id IS NULL
