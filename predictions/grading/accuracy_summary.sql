-- One row a system, group and measure: its mean, the number of values and a standard error clustered by game or date.
-- Players and lines of one game, and games of one night, rise and fall together.
-- Parameters: first and last DATE; by, what a group is; cluster, game or date; system_id, NULL for all; feature_version.
WITH graded AS (
  SELECT
    *,
    COALESCE(is_main_line, TRUE) AS is_main,
    IF(@cluster = 'date', CAST(game_date AS STRING), game_id) AS cluster,
    CASE @by
      WHEN 'system' THEN system_id
      WHEN 'bookmaker' THEN COALESCE(bookmaker, 'none')
      WHEN 'confidence_decile' THEN COALESCE(LPAD(CAST(confidence_decile AS STRING), 2, '0'), 'none')
      WHEN 'month' THEN FORMAT_DATE('%Y-%m', game_date)
      WHEN 'line_band' THEN
        CASE
          WHEN line IS NULL THEN 'none'
          WHEN line <= 7.5 THEN '<=7.5'
          WHEN line <= 10.5 THEN '7.5-10.5'
          WHEN line <= 14.5 THEN '10.5-14.5'
          WHEN line <= 19.5 THEN '14.5-19.5'
          WHEN line <= 24.5 THEN '19.5-24.5'
          ELSE '>24.5'
        END
    END AS group_name
  FROM nba_predictions.prediction_accuracy
  WHERE game_date BETWEEN @first AND @last AND (@system_id IS NULL OR system_id = @system_id)
),

main_lines AS (
  SELECT DISTINCT
    game_id,
    player_lookup,
    system_id,
    group_name,
    PERCENTILE_CONT(line, 0.5) OVER (PARTITION BY game_id, player_lookup, system_id, group_name) AS main_line
  FROM graded
  WHERE is_main
),

baselines AS (
  SELECT game_id, player_lookup, points_avg_season, points_ewma_8
  FROM nba_predictions.ml_feature_store
  WHERE
    game_date BETWEEN @first AND @last
    AND feature_version = @feature_version
    AND points_avg_season IS NOT NULL
    AND points_ewma_8 IS NOT NULL
),

-- However many lines a player has, in a group he counts once, by the books' main lines.
players AS (
  SELECT
    g.system_id,
    g.group_name,
    ANY_VALUE(g.cluster) AS cluster,
    MAX(g.absolute_error) AS error,
    MAX(g.signed_error) AS signed_error,
    MAX(g.crps) AS crps,
    IF(MAX(g.actual_points) BETWEEN MAX(g.p10_points) AND MAX(g.p90_points), 1.0, 0.0) AS within_80,
    ABS(MAX(m.main_line) - MAX(g.actual_points)) AS line_error,
    ABS(MAX(b.points_avg_season) - MAX(g.actual_points)) AS season_error,
    ABS(MAX(b.points_ewma_8) - MAX(g.actual_points)) AS ewma_error
  FROM graded AS g
  JOIN main_lines AS m
    ON m.game_id = g.game_id
    AND m.player_lookup = g.player_lookup
    AND m.system_id = g.system_id
    AND m.group_name = g.group_name
  LEFT JOIN baselines AS b ON b.game_id = g.game_id AND b.player_lookup = g.player_lookup
  WHERE g.is_main AND NOT g.is_voided
  GROUP BY g.system_id, g.group_name, g.game_id, g.player_lookup
),

compared AS (
  SELECT * FROM players WHERE season_error IS NOT NULL
),

lined AS (
  SELECT * FROM compared WHERE line_error IS NOT NULL
),

lines_priced AS (
  SELECT * FROM graded WHERE brier IS NOT NULL AND market_brier IS NOT NULL
),

recommended AS (
  SELECT
    *,
    IF(prediction_correct, 1.0, 0.0) AS hit,
    IF(recommendation = 'OVER', over_price, under_price) AS price
  FROM graded
  WHERE prediction_correct IS NOT NULL
),

observations AS (
  SELECT system_id, group_name, cluster, 'mae' AS measure, error AS value FROM players
  UNION ALL
  SELECT system_id, group_name, cluster, 'bias', signed_error FROM players
  UNION ALL
  SELECT system_id, group_name, cluster, 'crps', crps FROM players
  UNION ALL
  SELECT system_id, group_name, cluster, 'coverage_80', within_80 FROM players
  UNION ALL
  SELECT system_id, group_name, cluster, 'mae_compared', error FROM compared
  UNION ALL
  SELECT system_id, group_name, cluster, 'season_mae', season_error FROM compared
  UNION ALL
  SELECT system_id, group_name, cluster, 'ewma_mae', ewma_error FROM compared
  UNION ALL
  SELECT system_id, group_name, cluster, 'mae_lined', error FROM lined
  UNION ALL
  SELECT system_id, group_name, cluster, 'line_mae_lined', line_error FROM lined
  UNION ALL
  SELECT system_id, group_name, cluster, 'season_mae_lined', season_error FROM lined
  UNION ALL
  SELECT system_id, group_name, cluster, 'ewma_mae_lined', ewma_error FROM lined
  UNION ALL
  SELECT system_id, group_name, cluster, 'mae_minus_line', error - line_error FROM lined
  UNION ALL
  SELECT system_id, group_name, cluster, 'brier', brier FROM graded
  UNION ALL
  SELECT system_id, group_name, cluster, 'log_loss', log_loss FROM graded
  UNION ALL
  SELECT system_id, group_name, cluster, 'brier_priced', brier FROM lines_priced
  UNION ALL
  SELECT system_id, group_name, cluster, 'market_brier', market_brier FROM lines_priced
  UNION ALL
  SELECT system_id, group_name, cluster, 'brier_minus_market', brier - market_brier FROM lines_priced
  UNION ALL
  SELECT system_id, group_name, cluster, 'pooled_brier', pooled_brier FROM lines_priced
  UNION ALL
  SELECT system_id, group_name, cluster, 'pooled_brier_minus_market', pooled_brier - market_brier FROM lines_priced
  UNION ALL
  SELECT system_id, group_name, cluster, 'log_loss_priced', log_loss FROM lines_priced
  UNION ALL
  SELECT system_id, group_name, cluster, 'pooled_log_loss', pooled_log_loss FROM lines_priced
  UNION ALL
  SELECT system_id, group_name, cluster, 'market_log_loss', market_log_loss FROM lines_priced
  UNION ALL
  SELECT system_id, group_name, cluster, 'hit_rate', hit FROM recommended
  UNION ALL
  SELECT
    system_id,
    group_name,
    cluster,
    'break_even_rate',
    IF(price > 0, 100 / (price + 100), -price / (100 - price))
  FROM recommended
  UNION ALL
  SELECT system_id, group_name, cluster, 'roi', profit FROM graded
  UNION ALL
  SELECT system_id, group_name, cluster, 'closing_line_value', closing_line_value FROM graded
  UNION ALL
  SELECT system_id, group_name, cluster, 'closing_probability_value', closing_probability_value FROM graded
),

clusters AS (
  SELECT system_id, group_name, measure, cluster, SUM(value) AS total, COUNT(value) AS n
  FROM observations
  WHERE value IS NOT NULL
  GROUP BY system_id, group_name, measure, cluster
),

with_mean AS (
  SELECT
    *,
    SUM(total) OVER (PARTITION BY system_id, group_name, measure)
      / SUM(n) OVER (PARTITION BY system_id, group_name, measure) AS mean
  FROM clusters
),

measures AS (
  SELECT
    system_id,
    group_name,
    measure,
    SUM(n) AS n,
    ANY_VALUE(mean) AS mean,
    SQRT(SUM(POW(total - n * mean, 2)) * SAFE_DIVIDE(COUNT(*), COUNT(*) - 1)) / SUM(n) AS standard_error
  FROM with_mean
  GROUP BY system_id, group_name, measure
),

counts AS (
  SELECT
    system_id,
    group_name,
    COUNT(*) AS row_count,
    COUNT(DISTINCT IF(is_voided, NULL, game_date)) AS dates,
    COUNT(DISTINCT IF(is_voided, NULL, game_id)) AS games,
    COUNT(DISTINCT IF(is_voided, CONCAT(game_id, player_lookup), NULL)) AS players_voided,
    COUNTIF(outcome = 'PUSH') AS pushes
  FROM graded
  GROUP BY system_id, group_name
),

final AS (
  SELECT c.*, m.measure, m.n, m.mean, m.standard_error
  FROM counts AS c
  LEFT JOIN measures AS m ON m.system_id = c.system_id AND m.group_name = c.group_name
)

SELECT * FROM final ORDER BY group_name, system_id, measure
