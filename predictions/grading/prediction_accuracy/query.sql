-- What became of every prediction. A player without minutes is a void, which has no error, outcome or profit.
-- crps: 2 x the integral of the pinball loss over the levels, by five cells around 10, 25, 50, 75 and 90 %:
-- it needs no formula of one distribution. Of a normal it averages 1 to 3 % above the exact score.
WITH predictions AS (
  SELECT *
  FROM nba_predictions.player_prop_predictions
  WHERE game_date BETWEEN @from_date AND @to_date AND status = 'PREDICTED'
),

games AS (
  SELECT game_id, status, tip_at
  FROM nba_raw.nba_schedule
  WHERE game_date BETWEEN @from_date AND @to_date
),

played AS (
  SELECT game_id, player_lookup, points, minutes_played
  FROM nba_analytics.player_game_summary
  WHERE game_date BETWEEN @from_date AND @to_date AND seconds_played > 0
),

reported AS (
  SELECT game_id, player_lookup, UPPER(injury_status) AS injury_status
  FROM nba_analytics.upcoming_player_game_context
  WHERE game_date BETWEEN @from_date AND @to_date
),

last_snapshots AS (
  SELECT
    o.game_id,
    o.bookmaker,
    o.player_lookup,
    o.line,
    o.snapshot_at,
    IF(o.over_price > 0, 100 / (o.over_price + 100), -o.over_price / (100 - o.over_price)) AS implied_over,
    IF(o.under_price > 0, 100 / (o.under_price + 100), -o.under_price / (100 - o.under_price)) AS implied_under
  FROM nba_raw.odds_player_props AS o
  JOIN games AS g ON g.game_id = o.game_id
  WHERE
    o.game_date BETWEEN @from_date AND @to_date
    AND o.market = 'player_points'
    AND o.snapshot_at <= g.tip_at
  QUALIFY RANK() OVER (PARTITION BY o.game_id, o.bookmaker, o.player_lookup ORDER BY o.snapshot_at DESC) = 1
),

with_middle AS (
  SELECT
    *,
    ABS(implied_over / (implied_over + implied_under) - 0.5) AS unevenness,
    PERCENTILE_CONT(line, 0.5) OVER (PARTITION BY game_id, bookmaker, player_lookup) AS middle
  FROM last_snapshots
),

closing AS (
  SELECT game_id, bookmaker, player_lookup, line AS closing_line, snapshot_at AS closed_at
  FROM with_middle
  WHERE TRUE
  QUALIFY
    ROW_NUMBER() OVER (
      PARTITION BY game_id, bookmaker, player_lookup
      ORDER BY COALESCE(unevenness, 1), ABS(line - middle), line
    ) = 1
),

matched AS (
  SELECT
    p.* EXCEPT (injury_status),
    b.points AS actual_points,
    b.minutes_played,
    b.player_lookup IS NULL AS is_voided,
    g.status AS game_status,
    r.injury_status,
    IF(p.is_main_line AND c.closed_at > p.snapshot_at, c.closing_line, NULL) AS closing_line
  FROM predictions AS p
  LEFT JOIN games AS g ON g.game_id = p.game_id
  LEFT JOIN played AS b ON b.game_id = p.game_id AND b.player_lookup = p.player_lookup
  LEFT JOIN reported AS r ON r.game_id = p.game_id AND r.player_lookup = p.player_lookup
  LEFT JOIN closing AS c
    ON c.game_id = p.game_id AND c.player_lookup = p.player_lookup AND c.bookmaker = p.bookmaker
),

decided AS (
  SELECT
    *,
    CASE
      WHEN is_voided OR line IS NULL THEN NULL
      WHEN actual_points > line THEN 'OVER'
      WHEN actual_points < line THEN 'UNDER'
      ELSE 'PUSH'
    END AS outcome,
    IF(recommendation = 'OVER', over_price, IF(recommendation = 'UNDER', under_price, NULL)) AS price
  FROM matched
),

final AS (
  SELECT
    game_date,
    game_id,
    player_lookup,
    team_abbr,
    system_id,
    bookmaker,
    line,
    is_main_line,
    over_price,
    under_price,
    predicted_points,
    mean_points,
    sd_points,
    p10_points,
    p90_points,
    p_over,
    p_push,
    recommendation,
    confidence,
    CAST(LEAST(10, FLOOR(confidence * 10) + 1) AS INT64) AS confidence_decile,
    actual_points,
    minutes_played,
    ROUND(ABS(predicted_points - actual_points), 2) AS absolute_error,
    ROUND(predicted_points - actual_points, 2) AS signed_error,
    ROUND(2 * (
      0.175 * GREATEST(0.10 * (actual_points - p10_points), 0.90 * (p10_points - actual_points))
      + 0.200 * GREATEST(0.25 * (actual_points - p25_points), 0.75 * (p25_points - actual_points))
      + 0.250 * GREATEST(0.50 * (actual_points - predicted_points), 0.50 * (predicted_points - actual_points))
      + 0.200 * GREATEST(0.75 * (actual_points - p75_points), 0.25 * (p75_points - actual_points))
      + 0.175 * GREATEST(0.90 * (actual_points - p90_points), 0.10 * (p90_points - actual_points))
    ), 4) AS crps,
    IF(
      outcome IN ('OVER', 'UNDER'),
      ROUND(POW(SAFE_DIVIDE(p_over, p_over + p_under) - IF(outcome = 'OVER', 1, 0), 2), 6),
      NULL
    ) AS brier,
    outcome,
    is_voided,
    CASE
      WHEN NOT is_voided THEN NULL
      WHEN game_status = 'POSTPONED' THEN 'game_postponed'
      WHEN injury_status IN ('OUT', 'DOUBTFUL') THEN 'dnp_injury_confirmed'
      WHEN injury_status IN ('QUESTIONABLE', 'PROBABLE') THEN 'dnp_late_scratch'
      ELSE 'dnp_unknown'
    END AS void_reason,
    IF(recommendation IN ('OVER', 'UNDER') AND outcome != 'PUSH', outcome = recommendation, NULL)
      AS prediction_correct,
    CASE
      WHEN recommendation NOT IN ('OVER', 'UNDER') OR outcome IS NULL THEN NULL
      WHEN outcome = 'PUSH' THEN 0.0
      WHEN outcome != recommendation THEN -1.0
      ELSE ROUND(IF(price > 0, price / 100, -100 / price), 4)
    END AS profit,
    closing_line,
    CASE
      WHEN is_voided THEN NULL
      WHEN recommendation = 'OVER' THEN closing_line - line
      WHEN recommendation = 'UNDER' THEN line - closing_line
    END AS closing_line_value
  FROM decided
)

SELECT * FROM final
