-- One row a system: errors of players counted once each, chances and wagers counted by line.
-- Standard errors are clustered by game: players and lines of one game rise and fall together.
WITH graded AS (
  SELECT *
  FROM nba_predictions.prediction_accuracy
  WHERE game_date BETWEEN @first AND @last
),

main_lines AS (
  SELECT
    game_id,
    player_lookup,
    system_id,
    PERCENTILE_CONT(IF(is_main_line, line, NULL), 0.5) OVER (PARTITION BY game_id, player_lookup, system_id)
      AS main_line,
    ROW_NUMBER() OVER (PARTITION BY game_id, player_lookup, system_id ORDER BY bookmaker, line) AS nth
  FROM graded
),

baselines AS (
  SELECT game_id, player_lookup, feature_version, points_avg_season
  FROM nba_predictions.ml_feature_store
  WHERE game_date BETWEEN @first AND @last AND feature_version = @feature_version
),

players AS (
  SELECT
    g.game_id,
    g.player_lookup,
    g.system_id,
    ANY_VALUE(m.main_line) AS main_line,
    LOGICAL_OR(g.is_voided) AS is_voided,
    MAX(g.absolute_error) AS absolute_error,
    MAX(g.signed_error) AS signed_error,
    MAX(g.crps) AS crps,
    ABS(ANY_VALUE(m.main_line) - MAX(g.actual_points)) AS line_error,
    ABS(ANY_VALUE(b.points_avg_season) - MAX(g.actual_points)) AS season_error,
    IF(MAX(g.actual_points) BETWEEN MAX(g.p10_points) AND MAX(g.p90_points), 1, 0) AS within_80
  FROM graded AS g
  JOIN main_lines AS m
    ON m.game_id = g.game_id AND m.player_lookup = g.player_lookup AND m.system_id = g.system_id AND m.nth = 1
  LEFT JOIN baselines AS b ON b.game_id = g.game_id AND b.player_lookup = g.player_lookup
  GROUP BY g.game_id, g.player_lookup, g.system_id
),

player_figures AS (
  SELECT
    system_id,
    COUNTIF(NOT is_voided) AS players_graded,
    COUNTIF(is_voided) AS players_voided,
    COUNTIF(NOT is_voided AND main_line IS NOT NULL) AS players_lined,
    COUNT(DISTINCT IF(is_voided, NULL, game_id)) AS games,
    AVG(absolute_error) AS mae,
    AVG(IF(is_voided, NULL, season_error)) AS season_mae,
    AVG(IF(main_line IS NULL, NULL, absolute_error)) AS mae_lined,
    AVG(IF(is_voided, NULL, line_error)) AS line_mae_lined,
    AVG(IF(is_voided OR main_line IS NULL, NULL, season_error)) AS season_mae_lined,
    AVG(IF(is_voided, NULL, absolute_error - line_error)) AS mae_minus_line,
    AVG(signed_error) AS bias,
    AVG(crps) AS crps,
    AVG(IF(is_voided, NULL, within_80)) AS coverage_80
  FROM players
  GROUP BY system_id
),

player_games AS (
  SELECT
    p.system_id,
    p.game_id,
    SUM(IF(p.is_voided, 0, p.absolute_error - f.mae)) AS error_sum,
    SUM(IF(p.is_voided OR p.main_line IS NULL, 0, p.absolute_error - f.mae_lined)) AS lined_sum,
    SUM(IF(p.is_voided OR p.main_line IS NULL, 0, p.absolute_error - p.line_error - f.mae_minus_line))
      AS difference_sum,
    COUNTIF(NOT p.is_voided) AS graded,
    COUNTIF(NOT p.is_voided AND p.main_line IS NOT NULL) AS lined
  FROM players AS p
  JOIN player_figures AS f ON f.system_id = p.system_id
  GROUP BY p.system_id, p.game_id
),

player_se AS (
  SELECT
    system_id,
    SQRT(SUM(POW(error_sum, 2)) * SAFE_DIVIDE(COUNTIF(graded > 0), COUNTIF(graded > 0) - 1)) AS mae_root,
    SQRT(SUM(POW(lined_sum, 2)) * SAFE_DIVIDE(COUNTIF(lined > 0), COUNTIF(lined > 0) - 1)) AS lined_root,
    SQRT(SUM(POW(difference_sum, 2)) * SAFE_DIVIDE(COUNTIF(lined > 0), COUNTIF(lined > 0) - 1))
      AS difference_root
  FROM player_games
  GROUP BY system_id
),

line_figures AS (
  SELECT
    system_id,
    COUNT(*) AS row_count,
    COUNTIF(outcome = 'PUSH') AS pushes,
    AVG(brier) AS brier,
    COUNTIF(brier IS NOT NULL) AS brier_rows,
    COUNTIF(prediction_correct IS NOT NULL) AS recommendations,
    AVG(IF(prediction_correct IS NULL, NULL, IF(prediction_correct, 1, 0))) AS hit_rate,
    COUNTIF(profit IS NOT NULL) AS bets,
    SUM(profit) AS profit,
    AVG(profit) AS roi,
    COUNTIF(closing_line_value IS NOT NULL) AS closing_line_rows,
    AVG(closing_line_value) AS closing_line_value
  FROM graded
  GROUP BY system_id
),

line_games AS (
  SELECT
    g.system_id,
    g.game_id,
    SUM(IF(g.prediction_correct IS NULL, 0, IF(g.prediction_correct, 1, 0) - f.hit_rate)) AS hit_sum,
    SUM(IF(g.profit IS NULL, 0, g.profit - f.roi)) AS profit_sum,
    COUNTIF(g.prediction_correct IS NOT NULL) AS recommendations,
    COUNTIF(g.profit IS NOT NULL) AS bets
  FROM graded AS g
  JOIN line_figures AS f ON f.system_id = g.system_id
  GROUP BY g.system_id, g.game_id
),

line_se AS (
  SELECT
    system_id,
    SQRT(SUM(POW(hit_sum, 2))
      * SAFE_DIVIDE(COUNTIF(recommendations > 0), COUNTIF(recommendations > 0) - 1)) AS hit_root,
    SQRT(SUM(POW(profit_sum, 2)) * SAFE_DIVIDE(COUNTIF(bets > 0), COUNTIF(bets > 0) - 1)) AS profit_root
  FROM line_games
  GROUP BY system_id
),

final AS (
  SELECT
    p.system_id,
    l.row_count,
    p.games,
    p.players_graded,
    p.players_voided,
    p.players_lined,
    p.mae,
    SAFE_DIVIDE(ps.mae_root, p.players_graded) AS mae_se,
    p.season_mae,
    p.mae_lined,
    SAFE_DIVIDE(ps.lined_root, p.players_lined) AS mae_lined_se,
    p.line_mae_lined,
    p.season_mae_lined,
    p.mae_minus_line,
    SAFE_DIVIDE(ps.difference_root, p.players_lined) AS mae_minus_line_se,
    p.bias,
    p.crps,
    p.coverage_80,
    l.brier,
    l.brier_rows,
    l.pushes,
    l.recommendations,
    l.hit_rate,
    SAFE_DIVIDE(ls.hit_root, l.recommendations) AS hit_rate_se,
    l.bets,
    l.profit,
    l.roi,
    SAFE_DIVIDE(ls.profit_root, l.bets) AS roi_se,
    l.closing_line_rows,
    l.closing_line_value
  FROM player_figures AS p
  JOIN line_figures AS l ON l.system_id = p.system_id
  JOIN player_se AS ps ON ps.system_id = p.system_id
  JOIN line_se AS ls ON ls.system_id = p.system_id
)

SELECT * FROM final ORDER BY system_id
