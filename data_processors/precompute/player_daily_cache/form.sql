-- A player's form before each row of `players` (game_id, game_date, history_end, season_year, player_lookup,
-- opponent_team_abbr, last_game_date). Integers are summed, so a rerun gives the same digits in any order of rows.
form_games AS (
  SELECT
    player_lookup, game_date, season_year, opponent_team_abbr,
    points, seconds_played, ft_makes, fg_attempts, three_pt_attempts, ft_attempts, starter_flag,
    100 * fg_attempts + 44 * ft_attempts AS shot_hundredths,
    CAST(ROUND(usage_rate * 10000) AS INT64) AS usage_units,
    ROW_NUMBER() OVER (PARTITION BY player_lookup ORDER BY game_date, game_id) AS game_number,
    COUNT(*) OVER in_season AS season_games,
    SUM(points) OVER in_season AS season_points,
    SUM(seconds_played) OVER in_season AS season_seconds
  FROM nba_analytics.player_game_summary
  WHERE game_date >= DATE_SUB(@from_date, INTERVAL 400 DAY) AND game_date < @to_date
  WINDOW in_season AS (
    PARTITION BY player_lookup, season_year ORDER BY game_date, game_id
    ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
  )
),

form_latest AS (
  SELECT
    ROW_NUMBER() OVER (ORDER BY p.game_id, p.player_lookup) AS form_id,
    p.game_id, p.game_date, p.player_lookup, g.game_number, g.seconds_played,
    IF(g.season_year = p.season_year, g.season_games, 0) AS season_games,
    IF(g.season_year = p.season_year, g.season_points, 0) AS season_points,
    IF(g.season_year = p.season_year, g.season_seconds, 0) AS season_seconds
  FROM players AS p
  JOIN form_games AS g ON g.player_lookup = p.player_lookup AND g.game_date = p.last_game_date
),

-- An exponentially weighted mean of half-life h: a game n games back weighs 0.5 to the power of n / h.
form_weights AS (
  SELECT games_back, POW(0.5, games_back / 3) AS w3, POW(0.5, games_back / 8) AS w8, POW(0.5, games_back / 20) AS w20
  FROM UNNEST(GENERATE_ARRAY(0, 39)) AS games_back
),

form_lags AS (
  SELECT l.form_id, l.player_lookup, l.game_date, l.game_number - v.games_back AS game_number, v.*
  FROM form_latest AS l
  CROSS JOIN form_weights AS v
),

form_windows AS (
  SELECT
    v.form_id,
    COUNTIF(v.games_back < 10) AS games_10,
    COUNTIF(v.games_back < 5) AS games_5,
    SUM(IF(v.games_back < 2, g.points, 0)) AS points_2,
    SUM(IF(v.games_back < 5, g.points, 0)) AS points_5,
    SUM(IF(v.games_back < 10, g.points, 0)) AS points_10,
    SUM(IF(v.games_back < 10, g.points * g.points, 0)) AS squared_points_10,
    SUM(IF(v.games_back < 10, g.seconds_played, 0)) AS seconds_10,
    SUM(IF(v.games_back < 10, g.seconds_played * g.seconds_played, 0)) AS squared_seconds_10,
    SUM(IF(v.games_back < 10, g.ft_makes, 0)) AS ft_makes_10,
    SUM(IF(v.games_back < 10, g.shot_hundredths, 0)) AS shot_hundredths_10,
    SUM(IF(v.games_back < 10, g.usage_units, 0)) AS usage_units_10,
    COUNTIF(v.games_back < 10 AND g.usage_units IS NOT NULL) AS usage_games_10,
    COUNTIF(v.games_back < 10 AND g.starter_flag) AS starts_10,
    COUNTIF(v.games_back < 10 AND g.starter_flag IS NOT NULL) AS starts_known_10,
    SUM(v.w3) AS weight_3,
    SUM(v.w8) AS weight_8,
    SUM(v.w20) AS weight_20,
    SUM(g.points * v.w3) AS points_3_weighted,
    SUM(g.points * v.w8) AS points_8_weighted,
    SUM(g.points * v.w20) AS points_20_weighted,
    SUM(g.seconds_played * v.w3) AS seconds_3_weighted,
    SUM(g.seconds_played * v.w8) AS seconds_8_weighted,
    SUM(g.seconds_played * v.w20) AS seconds_20_weighted,
    SUM(g.fg_attempts * v.w8) AS fg_attempts_8_weighted,
    SUM(g.three_pt_attempts * v.w8) AS three_pt_attempts_8_weighted,
    SUM(g.ft_attempts * v.w8) AS ft_attempts_8_weighted,
    SUM(g.usage_units * v.w8) AS usage_8_weighted,
    SUM(IF(g.usage_units IS NULL, 0, v.w8)) AS usage_weight_8
  FROM form_lags AS v
  JOIN form_games AS g
    ON g.player_lookup = v.player_lookup
    AND g.game_number = v.game_number
    AND g.game_date >= DATE_SUB(v.game_date, INTERVAL 400 DAY)
  GROUP BY v.form_id
),

form_versus AS (
  SELECT p.game_id, p.player_lookup, COUNT(*) AS games, SUM(g.points) AS points
  FROM players AS p
  JOIN form_games AS g
    ON g.player_lookup = p.player_lookup
    AND g.opponent_team_abbr = p.opponent_team_abbr
    AND g.game_date < p.history_end
    AND g.game_date >= DATE_SUB(p.game_date, INTERVAL 400 DAY)
  GROUP BY p.game_id, p.player_lookup
),

form AS (
  SELECT
    p.game_id, p.player_lookup,
    SAFE_DIVIDE(w.points_5, w.games_5) AS points_avg_last_5,
    SAFE_DIVIDE(w.points_10, w.games_10) AS points_avg_last_10,
    SAFE_DIVIDE(l.season_points, l.season_games) AS points_avg_season,
    SQRT(SAFE_DIVIDE(
      w.games_10 * w.squared_points_10 - w.points_10 * w.points_10, w.games_10 * (w.games_10 - 1)
    )) AS points_std_last_10,
    -- Mean of the last two games minus that of the three before, with whole numbers: 3 x sum - 2 x sum over 6.
    CASE
      WHEN COALESCE(w.games_5, 0) < 5 THEN NULL
      WHEN 3 * w.points_2 - 2 * (w.points_5 - w.points_2) >= 30 THEN 2
      WHEN 3 * w.points_2 - 2 * (w.points_5 - w.points_2) >= 12 THEN 1
      WHEN 3 * w.points_2 - 2 * (w.points_5 - w.points_2) <= -30 THEN -2
      WHEN 3 * w.points_2 - 2 * (w.points_5 - w.points_2) <= -12 THEN -1
      ELSE 0
    END AS recent_trend,
    IF(w.games_10 >= 5, LEAST(SAFE_DIVIDE(w.ft_makes_10, w.points_10), 0.5), NULL) AS pct_free_throw,
    SAFE_DIVIDE(w.seconds_10, 60 * w.games_10) AS minutes_avg_last_10,
    SQRT(SAFE_DIVIDE(
      w.games_10 * w.squared_seconds_10 - w.seconds_10 * w.seconds_10, w.games_10 * (w.games_10 - 1)
    )) / 60 AS minutes_std_last_10,
    SAFE_DIVIDE(l.season_seconds, 60 * l.season_games) AS minutes_avg_season,
    -- The change of minutes a game, last ten against the season, in tenths and with whole numbers.
    CASE
      WHEN COALESCE(l.season_seconds, 0) = 0 OR w.seconds_10 = 0 THEN NULL
      WHEN 10 * w.seconds_10 * l.season_games >= 12 * l.season_seconds * w.games_10 THEN 2
      WHEN 10 * w.seconds_10 * l.season_games >= 11 * l.season_seconds * w.games_10 THEN 1
      WHEN 10 * w.seconds_10 * l.season_games <= 8 * l.season_seconds * w.games_10 THEN -2
      WHEN 10 * w.seconds_10 * l.season_games <= 9 * l.season_seconds * w.games_10 THEN -1
      ELSE 0
    END AS minutes_change,
    l.seconds_played / 60 AS last_game_minutes,
    SAFE_DIVIDE(60 * w.points_10, w.seconds_10) AS ppm_avg_last_10,
    ROUND(SAFE_DIVIDE(w.usage_units_10, 10000 * w.usage_games_10), 4) AS usage_rate_last_10,
    SAFE_DIVIDE(50 * w.points_10, w.shot_hundredths_10) AS ts_pct_last_10,
    SAFE_DIVIDE(w.starts_10, w.starts_known_10) AS start_rate_last_10,
    COALESCE(w.games_10, 0) AS games_in_last_10,
    COALESCE(l.season_games, 0) AS games_played_season,
    SAFE_DIVIDE(v.points, v.games) AS avg_points_vs_opponent,
    COALESCE(v.games, 0) AS games_vs_opponent,
    ROUND(w.points_3_weighted / w.weight_3, 6) AS points_ewma_3,
    ROUND(w.points_8_weighted / w.weight_8, 6) AS points_ewma_8,
    ROUND(w.points_20_weighted / w.weight_20, 6) AS points_ewma_20,
    ROUND(w.seconds_3_weighted / (60 * w.weight_3), 6) AS minutes_ewma_3,
    ROUND(w.seconds_8_weighted / (60 * w.weight_8), 6) AS minutes_ewma_8,
    ROUND(w.seconds_20_weighted / (60 * w.weight_20), 6) AS minutes_ewma_20,
    ROUND(w.fg_attempts_8_weighted / w.weight_8, 6) AS fg_attempts_ewma_8,
    ROUND(w.three_pt_attempts_8_weighted / w.weight_8, 6) AS three_pt_attempts_ewma_8,
    ROUND(w.ft_attempts_8_weighted / w.weight_8, 6) AS ft_attempts_ewma_8,
    ROUND(SAFE_DIVIDE(w.usage_8_weighted, 10000 * w.usage_weight_8), 6) AS usage_ewma_8
  FROM players AS p
  LEFT JOIN form_latest AS l ON l.game_id = p.game_id AND l.player_lookup = p.player_lookup
  LEFT JOIN form_windows AS w ON w.form_id = l.form_id
  LEFT JOIN form_versus AS v ON v.game_id = p.game_id AND v.player_lookup = p.player_lookup
),
