#fail no cutoff is after the tip
SELECT COUNT(*) AS violations
FROM nba_precompute.player_similar_games
WHERE game_date BETWEEN @from_date AND @to_date AND cutoff > tip_at

#fail figures are possible
SELECT COUNT(*) AS violations
FROM nba_precompute.player_similar_games
WHERE game_date BETWEEN @from_date AND @to_date
  AND (similar_games NOT BETWEEN 0 AND 20 OR similarity_score_avg NOT BETWEEN 70 AND 100
    OR similarity_baseline NOT BETWEEN 0 AND 100 OR similarity_points_std < 0)

#fail figures are there from five games on, and otherwise have a reason
SELECT COUNT(*) AS violations
FROM nba_precompute.player_similar_games
WHERE game_date BETWEEN @from_date AND @to_date
  AND ((similar_games >= 5) != (similarity_baseline IS NOT NULL)
    OR (similarity_score_avg IS NULL) != (similarity_baseline IS NULL)
    OR (similarity_points_std IS NULL) != (similarity_baseline IS NULL)
    OR (missing_reason IS NULL) != (similarity_baseline IS NOT NULL))

#warn every player of the context has a row
SELECT COUNT(*) AS violations
FROM nba_analytics.upcoming_player_game_context AS c
LEFT JOIN nba_precompute.player_similar_games AS p
  ON p.game_id = c.game_id AND p.player_lookup = c.player_lookup
  AND p.game_date BETWEEN @from_date AND @to_date
WHERE c.game_date BETWEEN @from_date AND @to_date AND p.game_id IS NULL
