#fail no cutoff is after the tip
SELECT COUNT(*) AS violations
FROM nba_analytics.upcoming_player_game_context
WHERE game_date BETWEEN @from_date AND @to_date AND cutoff > tip_at

#fail no line is newer than its cutoff
SELECT COUNT(*) AS violations
FROM nba_analytics.upcoming_player_game_context AS c, UNNEST(c.lines) AS l
WHERE c.game_date BETWEEN @from_date AND @to_date AND l.snapshot_at > c.cutoff

#fail every history is of earlier dates
SELECT COUNT(*) AS violations
FROM nba_analytics.upcoming_player_game_context
WHERE game_date BETWEEN @from_date AND @to_date AND (last_game_date >= game_date OR days_rest < 0)

#fail rest that is missing has its reason
SELECT COUNT(*) AS violations
FROM nba_analytics.upcoming_player_game_context
WHERE game_date BETWEEN @from_date AND @to_date
  AND ((days_rest IS NULL) != (rest_missing_reason IS NOT NULL) OR (days_rest IS NULL) != (back_to_back IS NULL))

#fail a player is in one game a day
SELECT COUNT(*) AS violations FROM (
  SELECT player_lookup
  FROM nba_analytics.upcoming_player_game_context
  WHERE game_date BETWEEN @from_date AND @to_date
  GROUP BY game_date, player_lookup
  HAVING COUNT(*) > 1
) AS g

#fail each bookmaker has one main line
SELECT COUNT(*) AS violations FROM (
  SELECT c.game_id
  FROM nba_analytics.upcoming_player_game_context AS c, UNNEST(c.lines) AS l
  WHERE c.game_date BETWEEN @from_date AND @to_date
  GROUP BY c.game_id, c.player_lookup, l.bookmaker
  HAVING COUNTIF(l.is_main) != 1
) AS g

#fail windows and absences are possible
SELECT COUNT(*) AS violations
FROM nba_analytics.upcoming_player_game_context
WHERE game_date BETWEEN @from_date AND @to_date
  AND (games_in_last_7_days > 7 OR games_in_last_14_days NOT BETWEEN games_in_last_7_days AND 14
    OR teammates_out_usage < new_teammates_out_usage
    OR (teammates_out IS NULL) = has_injury_report)

#warn ages are possible
SELECT COUNT(*) AS violations
FROM nba_analytics.upcoming_player_game_context
WHERE game_date BETWEEN @from_date AND @to_date AND player_age NOT BETWEEN 15 AND 60

#warn every team has enough players
SELECT COUNT(*) AS violations FROM (
  SELECT game_id
  FROM nba_analytics.upcoming_player_game_context
  WHERE game_date BETWEEN @from_date AND @to_date
  GROUP BY game_id, team_abbr
  HAVING COUNT(*) < 8
) AS g

#warn every line belongs to a player who may play
SELECT COUNT(*) AS violations FROM (
  SELECT DISTINCT o.game_id, o.player_lookup
  FROM nba_analytics.points_line_snapshots AS o
  LEFT JOIN nba_analytics.upcoming_player_game_context AS c
    ON c.game_id = o.game_id AND c.player_lookup = o.player_lookup
    AND c.game_date BETWEEN @from_date AND @to_date
  WHERE o.game_date BETWEEN @from_date AND @to_date AND c.game_id IS NULL
) AS g
