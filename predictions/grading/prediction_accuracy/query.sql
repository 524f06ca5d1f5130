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

-- #include closing_quotes.sql

matched AS (
  SELECT
    p.* EXCEPT (injury_status),
    b.points AS actual_points,
    b.minutes_played,
    b.player_lookup IS NULL AS is_voided,
    g.status AS game_status,
    r.injury_status,
    IF(p.is_main_line AND c.closed_at > p.snapshot_at, c.line, NULL) AS closing_line,
    IF(q.closed_at > p.snapshot_at, ROUND(q.implied_over / (q.implied_over + q.implied_under), 6), NULL)
      AS closing_no_vig_p_over
  FROM predictions AS p
  LEFT JOIN games AS g ON g.game_id = p.game_id
  LEFT JOIN played AS b ON b.game_id = p.game_id AND b.player_lookup = p.player_lookup
  LEFT JOIN reported AS r ON r.game_id = p.game_id AND r.player_lookup = p.player_lookup
  LEFT JOIN closing_quotes AS c
    ON c.game_id = p.game_id AND c.player_lookup = p.player_lookup AND c.bookmaker = p.bookmaker AND c.is_main
  LEFT JOIN closing_quotes AS q
    ON q.game_id = p.game_id
    AND q.player_lookup = p.player_lookup
    AND q.bookmaker = p.bookmaker
    AND q.line = p.line
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
    IF(recommendation = 'OVER', over_price, IF(recommendation = 'UNDER', under_price, NULL)) AS price,
    -- If no push: what a bet on the line is about.
    SAFE_DIVIDE(p_over, p_over + p_under) AS over_chance
  FROM matched
),

-- The chances given to what happened; a push and a void have none.
scored AS (
  SELECT
    *,
    CASE outcome WHEN 'OVER' THEN 1 WHEN 'UNDER' THEN 0 END AS went_over,
    CASE outcome WHEN 'OVER' THEN over_chance WHEN 'UNDER' THEN 1 - over_chance END AS chance,
    CASE outcome WHEN 'OVER' THEN no_vig_p_over WHEN 'UNDER' THEN 1 - no_vig_p_over END AS market_chance,
    CASE outcome WHEN 'OVER' THEN pooled_p_over WHEN 'UNDER' THEN 1 - pooled_p_over END AS pooled_chance
  FROM decided
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
    kelly_fraction,
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
    ROUND(POW(over_chance - went_over, 2), 6) AS brier,
    -- At least the resolution in which chances are stored.
    ROUND(-LN(IF(chance < 0.000001, 0.000001, chance)), 6) AS log_loss,
    no_vig_p_over,
    ROUND(POW(no_vig_p_over - went_over, 2), 6) AS market_brier,
    ROUND(-LN(IF(market_chance < 0.000001, 0.000001, market_chance)), 6) AS market_log_loss,
    pooled_p_over,
    ROUND(POW(pooled_p_over - went_over, 2), 6) AS pooled_brier,
    ROUND(-LN(IF(pooled_chance < 0.000001, 0.000001, pooled_chance)), 6) AS pooled_log_loss,
    ROUND(predicted_points - line, 2) AS predicted_margin,
    ROUND(actual_points - line, 2) AS actual_margin,
    ROUND(ABS(predicted_points - actual_points), 2) <= 3 AS within_3_points,
    ROUND(ABS(predicted_points - actual_points), 2) <= 5 AS within_5_points,
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
    END AS closing_line_value,
    closing_no_vig_p_over,
    CASE
      WHEN is_voided THEN NULL
      WHEN recommendation = 'OVER' THEN ROUND(closing_no_vig_p_over - no_vig_p_over, 6)
      WHEN recommendation = 'UNDER' THEN ROUND(no_vig_p_over - closing_no_vig_p_over, 6)
    END AS closing_probability_value
  FROM scored
)

SELECT * FROM final
