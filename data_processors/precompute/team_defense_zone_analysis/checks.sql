#fail shares are shares
SELECT COUNT(*) AS violations
FROM nba_precompute.team_defense_zone_analysis
WHERE game_date BETWEEN @from_date AND @to_date
  AND (paint_pct_allowed_last_15 NOT BETWEEN 0 AND 1 OR mid_range_pct_allowed_last_15 NOT BETWEEN 0 AND 1
    OR three_pt_pct_allowed_last_15 NOT BETWEEN 0 AND 1 OR games_in_sample NOT BETWEEN 0 AND 15
    OR games_with_zones > games_in_sample)

#fail no cutoff is after the tip
SELECT COUNT(*) AS violations
FROM nba_precompute.team_defense_zone_analysis
WHERE game_date BETWEEN @from_date AND @to_date AND cutoff > tip_at

#fail what is missing has a reason
SELECT COUNT(*) AS violations
FROM nba_precompute.team_defense_zone_analysis
WHERE game_date BETWEEN @from_date AND @to_date
  AND missing_reason IS NULL
  AND (paint_attempts_allowed_per_game IS NULL OR paint_blocks_per_game IS NULL
    OR three_pt_defense_vs_league_avg IS NULL OR defensive_rating_last_15 IS NULL OR strongest_zone IS NULL)

#warn ratings are in a usual range
SELECT COUNT(*) AS violations
FROM nba_precompute.team_defense_zone_analysis
WHERE game_date BETWEEN @from_date AND @to_date AND defensive_rating_last_15 NOT BETWEEN 85 AND 140

#warn every team of the context has a row
SELECT COUNT(*) AS violations
FROM nba_analytics.upcoming_team_game_context AS c
LEFT JOIN nba_precompute.team_defense_zone_analysis AS t
  ON t.game_id = c.game_id AND t.team_abbr = c.team_abbr AND t.game_date BETWEEN @from_date AND @to_date
WHERE c.game_date BETWEEN @from_date AND @to_date AND t.game_id IS NULL
