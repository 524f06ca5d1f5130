-- Exactly one attempt of each chunk, and a terminal row for every player whom no system came to see.
-- @batch_id STRING; @chunks STRING: JSON array of {game_id, attempt_id, reason, standing_batch_id}, attempt_id null
-- if it failed, standing_batch_id the older batch whose rows of the game stay although it failed.
-- @kept STRING: JSON array of {batch_id, system_id}, the rows that a batch of some systems leaves in place.
WITH chunks AS (
  SELECT
    JSON_VALUE(c, '$.game_id') AS game_id,
    JSON_VALUE(c, '$.attempt_id') AS attempt_id,
    JSON_VALUE(c, '$.reason') AS reason,
    JSON_VALUE(c, '$.standing_batch_id') AS standing_batch_id
  FROM UNNEST(JSON_QUERY_ARRAY(@chunks)) AS c
),

kept AS (
  SELECT
    JSON_VALUE(k, '$.batch_id') AS batch_id,
    JSON_VALUE(k, '$.system_id') AS system_id
  FROM UNNEST(JSON_QUERY_ARRAY(@kept)) AS k
),

predicted AS (
  SELECT
    s.game_date,
    s.game_id,
    s.tip_at,
    s.cutoff,
    s.player_lookup,
    s.player_id,
    s.player_name,
    s.team_abbr,
    s.opponent_team_abbr,
    s.system_id,
    s.status,
    s.reason,
    s.predicted_points,
    s.mean_points,
    s.sd_points,
    s.p10_points,
    s.p25_points,
    s.p75_points,
    s.p90_points,
    s.bookmaker,
    s.line,
    s.over_price,
    s.under_price,
    s.price_note,
    s.is_main_line,
    s.snapshot_at,
    s.p_over,
    s.p_push,
    s.p_under,
    s.fair_over_odds,
    s.fair_under_odds,
    s.no_vig_p_over,
    s.believed_p_over,
    s.pooled_p_over,
    s.ev_over,
    s.ev_under,
    s.recommendation,
    s.confidence,
    s.kelly_fraction,
    s.reasons,
    s.injury_status,
    s.minutes_discounted,
    s.quality_score,
    s.feature_version,
    s.batch_id,
    s.predicted_at
  FROM nba_predictions.prediction_staging AS s
  JOIN chunks AS c ON c.game_id = s.game_id AND c.attempt_id = s.attempt_id
  WHERE s.game_date BETWEEN @from_date AND @to_date AND s.batch_id = @batch_id
),

not_predicted AS (
  SELECT
    r.game_date,
    r.game_id,
    r.tip_at,
    r.cutoff,
    r.player_lookup,
    r.player_id,
    r.player_name,
    r.team_abbr,
    r.opponent_team_abbr,
    'none' AS system_id,
    IF(r.status = 'SKIPPED', 'SKIPPED', 'FAILED') AS status,
    IF(r.status = 'SKIPPED', r.reason, c.reason) AS reason,
    CAST(NULL AS FLOAT64) AS predicted_points,
    CAST(NULL AS FLOAT64) AS mean_points,
    CAST(NULL AS FLOAT64) AS sd_points,
    CAST(NULL AS FLOAT64) AS p10_points,
    CAST(NULL AS FLOAT64) AS p25_points,
    CAST(NULL AS FLOAT64) AS p75_points,
    CAST(NULL AS FLOAT64) AS p90_points,
    CAST(NULL AS STRING) AS bookmaker,
    CAST(NULL AS FLOAT64) AS line,
    CAST(NULL AS INT64) AS over_price,
    CAST(NULL AS INT64) AS under_price,
    CAST(NULL AS STRING) AS price_note,
    CAST(NULL AS BOOL) AS is_main_line,
    CAST(NULL AS TIMESTAMP) AS snapshot_at,
    CAST(NULL AS FLOAT64) AS p_over,
    CAST(NULL AS FLOAT64) AS p_push,
    CAST(NULL AS FLOAT64) AS p_under,
    CAST(NULL AS FLOAT64) AS fair_over_odds,
    CAST(NULL AS FLOAT64) AS fair_under_odds,
    CAST(NULL AS FLOAT64) AS no_vig_p_over,
    CAST(NULL AS FLOAT64) AS believed_p_over,
    CAST(NULL AS FLOAT64) AS pooled_p_over,
    CAST(NULL AS FLOAT64) AS ev_over,
    CAST(NULL AS FLOAT64) AS ev_under,
    CAST(NULL AS STRING) AS recommendation,
    CAST(NULL AS FLOAT64) AS confidence,
    CAST(NULL AS FLOAT64) AS kelly_fraction,
    ARRAY<STRUCT<feature STRING, contribution FLOAT64>>[] AS reasons,
    CAST(NULL AS STRING) AS injury_status,
    CAST(NULL AS BOOL) AS minutes_discounted,
    r.quality_score,
    CAST(NULL AS STRING) AS feature_version,
    r.batch_id,
    CURRENT_TIMESTAMP() AS predicted_at
  FROM nba_predictions.prediction_requests AS r
  LEFT JOIN chunks AS c ON c.game_id = r.game_id
  WHERE
    r.game_date BETWEEN @from_date AND @to_date
    AND r.batch_id = @batch_id
    AND (r.status = 'SKIPPED' OR c.attempt_id IS NULL)
    AND c.standing_batch_id IS NULL
),

-- What stays: a game's older rows for which the chunk stands, and what other systems said on the same inputs. From the
-- history, as the rows in place are deleted before this is read.
standing AS (
  SELECT
    h.game_date,
    h.game_id,
    h.tip_at,
    h.cutoff,
    h.player_lookup,
    h.player_id,
    h.player_name,
    h.team_abbr,
    h.opponent_team_abbr,
    h.system_id,
    h.status,
    h.reason,
    h.predicted_points,
    h.mean_points,
    h.sd_points,
    h.p10_points,
    h.p25_points,
    h.p75_points,
    h.p90_points,
    h.bookmaker,
    h.line,
    h.over_price,
    h.under_price,
    h.price_note,
    h.is_main_line,
    h.snapshot_at,
    h.p_over,
    h.p_push,
    h.p_under,
    h.fair_over_odds,
    h.fair_under_odds,
    h.no_vig_p_over,
    h.believed_p_over,
    h.pooled_p_over,
    h.ev_over,
    h.ev_under,
    h.recommendation,
    h.confidence,
    h.kelly_fraction,
    h.reasons,
    h.injury_status,
    h.minutes_discounted,
    h.quality_score,
    h.feature_version,
    h.batch_id,
    h.predicted_at
  FROM nba_predictions.prediction_history AS h
  LEFT JOIN chunks AS c ON c.game_id = h.game_id AND c.standing_batch_id = h.batch_id
  LEFT JOIN kept AS k ON k.batch_id = h.batch_id AND k.system_id = h.system_id
  WHERE h.game_date BETWEEN @from_date AND @to_date AND (c.game_id IS NOT NULL OR k.batch_id IS NOT NULL)
),

final AS (
  SELECT * FROM predicted
  UNION ALL
  SELECT * FROM not_predicted
  UNION ALL
  SELECT * FROM standing
)

SELECT * FROM final WHERE @lead_minutes IS NOT NULL OR tip_at > @as_of
