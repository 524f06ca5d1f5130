-- Each book's last snapshot before the tip, with the chances that its prices imply. Rests on a CTE `games` with game_id and tip_at.
-- A book that the Odds API has on a player is not looked up elsewhere, as before the tip.
last_snapshots AS (
  SELECT s.*
  FROM nba_analytics.points_line_snapshots AS s
  JOIN games AS g ON g.game_id = s.game_id
  WHERE
    s.game_date BETWEEN @from_date AND @to_date
    AND s.provider IN ('odds_api', 'bettingpros')
    AND s.snapshot_at <= g.tip_at
  QUALIFY
    RANK() OVER (
      PARTITION BY s.game_id, s.bookmaker, s.player_lookup
      ORDER BY IF(s.provider = 'odds_api', 0, 1), s.snapshot_at DESC
    ) = 1
),

closing_quotes AS (
  SELECT
    game_id,
    bookmaker,
    player_lookup,
    line,
    is_main,
    snapshot_at AS closed_at,
    IF(ABS(over_price) >= 100, IF(over_price > 0, 100 / (over_price + 100), -over_price / (100 - over_price)), NULL)
      AS implied_over,
    IF(
      ABS(under_price) >= 100, IF(under_price > 0, 100 / (under_price + 100), -under_price / (100 - under_price)), NULL
    ) AS implied_under
  FROM last_snapshots
),
