#fail an event has a game of its own
SELECT COUNT(*) AS violations
FROM (
  SELECT game_id
  FROM nba_raw.odds_events
  WHERE game_date BETWEEN @from_date AND @to_date AND game_id IS NOT NULL
  GROUP BY game_id
  HAVING COUNT(*) > 1
)

#warn every event is a scheduled game
SELECT COUNT(*) AS violations
FROM nba_raw.odds_events
WHERE game_date BETWEEN @from_date AND @to_date AND game_id IS NULL

#warn the start is the scheduled one, to the half hour
SELECT COUNT(*) AS violations
FROM nba_raw.odds_events AS e
JOIN nba_raw.nba_schedule AS s ON s.game_id = e.game_id
WHERE e.game_date BETWEEN @from_date AND @to_date
  AND s.game_date BETWEEN @from_date AND @to_date
  AND NOT s.tip_assumed
  AND ABS(TIMESTAMP_DIFF(e.commence_at, s.tip_at, MINUTE)) > 30
