-- Every points line that was seen; `opening` is the first that any book had, as BettingPros remembers it. The one place that says which of a book's lines is its main one.
WITH quotes AS (
  SELECT
    game_date, game_id, player_lookup, bookmaker, 'odds_api' AS provider,
    line, over_price, under_price, snapshot_at
  FROM nba_raw.odds_player_props
  WHERE market = 'player_points'
  UNION ALL
  SELECT
    game_date, game_id, player_lookup, bookmaker, 'bettingpros' AS provider,
    line, over_price, under_price, snapshot_at
  FROM nba_raw.bp_player_props
  WHERE bookmaker != 'consensus'
  UNION ALL
  SELECT DISTINCT
    game_date, game_id, player_lookup, opening_bookmaker AS bookmaker, 'opening' AS provider,
    opening_over_line AS line, opening_over_price AS over_price, opening_under_price AS under_price,
    opening_at AS snapshot_at
  FROM nba_raw.bp_player_props
  WHERE opening_bookmaker != 'consensus' AND opening_over_line IS NOT NULL AND opening_at IS NOT NULL
),

chances AS (
  SELECT
    *,
    IF(over_price < 0, -over_price / (100 - over_price), 100 / (100 + over_price)) AS over_chance,
    IF(under_price < 0, -under_price / (100 - under_price), 100 / (100 + under_price)) AS under_chance
  FROM quotes
),

-- With both prices the distance from even is that between the sides; with one, from a half.
priced AS (
  SELECT
    *,
    ROUND(COALESCE(
      ABS(over_chance - under_chance), ABS(2 * over_chance - 1), ABS(2 * under_chance - 1), 1
    ), 9) AS imbalance,
    PERCENTILE_CONT(line, 0.5) OVER (
      PARTITION BY game_date, game_id, player_lookup, bookmaker, provider, snapshot_at
    ) AS middle
  FROM chances
),

final AS (
  SELECT
    game_date, game_id, player_lookup, bookmaker, provider, line, over_price, under_price, snapshot_at,
    ROW_NUMBER() OVER (
      PARTITION BY game_date, game_id, player_lookup, bookmaker, provider, snapshot_at
      ORDER BY imbalance, ABS(line - middle), line
    ) = 1 AS is_main
  FROM priced
)

SELECT * FROM final
