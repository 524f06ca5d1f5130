#fail every snapshot is taken before the start
SELECT COUNT(*) AS violations
FROM nba_raw.odds_player_props
WHERE game_date BETWEEN @from_date AND @to_date AND snapshot_at >= commence_at

#fail prices are American
SELECT COUNT(*) AS violations
FROM nba_raw.odds_player_props
WHERE game_date BETWEEN @from_date AND @to_date AND (ABS(over_price) < 100 OR ABS(under_price) < 100)

#fail every line offers a side
SELECT COUNT(*) AS violations
FROM nba_raw.odds_player_props
WHERE game_date BETWEEN @from_date AND @to_date AND over_price IS NULL AND under_price IS NULL

#warn every name is resolved
SELECT COUNT(*) AS violations
FROM (
  SELECT DISTINCT player_name
  FROM nba_raw.odds_player_props
  WHERE game_date BETWEEN @from_date AND @to_date AND player_id IS NULL
)

#warn lines are halves between 0.5 and 70
SELECT COUNT(*) AS violations
FROM nba_raw.odds_player_props
WHERE game_date BETWEEN @from_date AND @to_date
  AND (line < 0.5 OR line > 70 OR line * 2 != ROUND(line * 2))
