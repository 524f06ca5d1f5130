-- Everybody who may play on some dates, with what the pre-flight filter looks at; games that have begun are left out.
SELECT
  game_date,
  game_id,
  tip_at,
  cutoff,
  player_lookup,
  player_id,
  player_name,
  team_abbr,
  opponent_team_abbr,
  feature_version,
  quality_score,
  missing_features,
  minutes_avg_last_10,
  has_vegas_line,
  injury_status,
  availability_assumed
FROM nba_predictions.ml_feature_store
WHERE
  game_date BETWEEN @first AND @last
  AND (@lead_minutes IS NOT NULL OR tip_at > @as_of)
ORDER BY game_date, game_id, player_lookup
