-- Recommendations at a price of both sides, the best first: one row a player, book, line and side.
-- Where several systems recommend it, the row is that of the highest expected value; `recommended_by` names them all.
WITH recommended AS (
  SELECT
    game_date,
    game_id,
    tip_at,
    player_lookup,
    player_name,
    team_abbr,
    opponent_team_abbr,
    bookmaker,
    line,
    recommendation AS side,
    system_id,
    predicted_points,
    IF(recommendation = 'OVER', over_price, under_price) AS price,
    IF(recommendation = 'OVER', ev_over, ev_under) AS expected_value,
    confidence AS win_probability,
    IF(recommendation = 'OVER', no_vig_p_over, 1 - no_vig_p_over) AS market_probability,
    p_push AS push_probability,
    snapshot_at,
    quality_score,
    predicted_at
  FROM nba_predictions.player_prop_predictions
  WHERE
    game_date = @game_date
    AND recommendation IN ('OVER', 'UNDER')
    -- Only there when both sides have a price.
    AND no_vig_p_over IS NOT NULL
    AND (@system_id IS NULL OR system_id = @system_id)
),

chosen AS (
  SELECT
    r.*,
    ROUND(IF(price > 0, 100 / (price + 100), -price / (100 - price)), 6) AS break_even_probability,
    STRING_AGG(system_id, ',') OVER (PARTITION BY player_lookup, game_id, bookmaker, line, side)
      AS recommended_by,
    ROW_NUMBER() OVER (
      PARTITION BY player_lookup, game_id, bookmaker, line, side ORDER BY expected_value DESC, system_id
    ) AS nth
  FROM recommended AS r
),

final AS (
  SELECT
    * EXCEPT (nth, recommended_by),
    SPLIT(recommended_by, ',') AS recommended_by
  FROM chosen
  WHERE nth = 1
)

SELECT *
FROM final
ORDER BY expected_value DESC, player_lookup, bookmaker, line, side
LIMIT @taken OFFSET @skipped
