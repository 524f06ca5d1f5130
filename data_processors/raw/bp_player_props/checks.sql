#fail every line was offered before the tip-off
SELECT COUNT(*) AS violations
FROM nba_raw.bp_player_props
WHERE game_date BETWEEN @from_date AND @to_date AND snapshot_at >= tip_at

#fail every line offers a side at an American price
SELECT COUNT(*) AS violations
FROM nba_raw.bp_player_props
WHERE game_date BETWEEN @from_date AND @to_date
  AND ((over_price IS NULL AND under_price IS NULL) OR ABS(over_price) < 100 OR ABS(under_price) < 100)

#warn every name is resolved
SELECT COUNT(*) AS violations
FROM (
  SELECT DISTINCT player_name
  FROM nba_raw.bp_player_props
  WHERE game_date BETWEEN @from_date AND @to_date AND player_id IS NULL
)

#warn every book is known
SELECT COUNT(*) AS violations
FROM (
  SELECT DISTINCT bookmaker
  FROM nba_raw.bp_player_props
  WHERE game_date BETWEEN @from_date AND @to_date AND STARTS_WITH(bookmaker, 'book_')
)
