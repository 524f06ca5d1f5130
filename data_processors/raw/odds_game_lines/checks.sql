#fail every snapshot is taken before the start
SELECT COUNT(*) AS violations
FROM nba_raw.odds_game_lines
WHERE game_date BETWEEN @from_date AND @to_date AND snapshot_at >= commence_at

#fail prices are American
SELECT COUNT(*) AS violations
FROM nba_raw.odds_game_lines
WHERE game_date BETWEEN @from_date AND @to_date AND ABS(price) < 100

#warn the two sides of a spread mirror each other
SELECT COUNT(*) AS violations
FROM (
  SELECT game_id, bookmaker, snapshot_at
  FROM nba_raw.odds_game_lines
  WHERE game_date BETWEEN @from_date AND @to_date AND market = 'spreads'
  GROUP BY game_id, bookmaker, snapshot_at
  HAVING SUM(line) != 0 OR COUNT(*) != 2
)

#warn the two sides of a total have one number
SELECT COUNT(*) AS violations
FROM (
  SELECT game_id, bookmaker, snapshot_at
  FROM nba_raw.odds_game_lines
  WHERE game_date BETWEEN @from_date AND @to_date AND market = 'totals'
  GROUP BY game_id, bookmaker, snapshot_at
  HAVING MIN(line) != MAX(line) OR COUNT(*) != 2
)
