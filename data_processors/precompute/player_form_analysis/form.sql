-- A player's form before each row of `players`, from his games of the 400 days that end with his latest, and who of
-- his team was there. Days bound every window, so that a date alone and a season give the same.
form_games AS (
  SELECT
    p.player_lookup, p.team_abbr, p.game_id, p.game_date, p.season_year, p.points,
    p.seconds_played / 60 AS minutes,
    p.fg_attempts + 0.44 * p.ft_attempts + p.turnovers AS plays,
    p.fg_attempts, p.fg_makes, p.three_pt_makes, p.ft_attempts, p.ft_makes, p.defensive_rebounds,
    p.seconds_played / 60 * 14400 / t.seconds_played AS regulation_minutes,
    t.margin AS team_margin,
    r.absent_minutes, r.absent_points, r.played_minutes, r.played_points, r.out_minutes, r.out_points, r.out_plays,
    r.out_size, r.available_minutes, r.available_points, r.available_size,
    ROW_NUMBER() OVER (PARTITION BY p.player_lookup ORDER BY p.game_date, p.game_id) AS game_number
  FROM nba_analytics.player_game_summary AS p
  JOIN nba_analytics.team_offense_game_summary AS t
    ON t.game_id = p.game_id AND t.team_abbr = p.team_abbr
    AND t.game_date >= DATE_SUB(@from_date, INTERVAL 800 DAY) AND t.game_date < @to_date
  LEFT JOIN nba_analytics.team_rotation_game_summary AS r
    ON r.game_id = p.game_id AND r.team_abbr = p.team_abbr
    AND r.game_date >= DATE_SUB(@from_date, INTERVAL 800 DAY) AND r.game_date < @to_date
  WHERE p.game_date >= DATE_SUB(@from_date, INTERVAL 800 DAY) AND p.game_date < @to_date
    AND p.player_lookup IN (SELECT player_lookup FROM players)
),

form_weights AS (
  SELECT
    *,
    POW(2, game_number / 2) AS w2, POW(2, game_number / 3) AS w3, POW(2, game_number / 4) AS w4,
    POW(2, game_number / 5) AS w5, POW(2, game_number / 8) AS w8,
    POW(2, game_number / 20) AS w20, POW(2, game_number / 25) AS w25, POW(2, game_number / 30) AS w30
  FROM form_games
),

-- Weighted sums over the past, beside the weights of all games, of those whose rotation is known and of those that
-- had a report.
form_sums AS (
  SELECT
    player_lookup, game_id, game_date, season_year, team_abbr, game_number,
    points, minutes, team_margin, played_minutes, absent_minutes, out_minutes, out_points, out_size,
    available_minutes,
    SUM(w2) OVER past AS t2,
    SUM(w3) OVER past AS t3,
    SUM(w4) OVER past AS t4,
    SUM(w5) OVER past AS t5,
    SUM(w8) OVER past AS t8,
    SUM(w20) OVER past AS t20,
    SUM(w25) OVER past AS t25,
    SUM(w30) OVER past AS t30,
    SUM(minutes * w2) OVER past AS minutes_ewma_2,
    SUM(minutes * w4) OVER past AS minutes_ewma_4,
    SUM(minutes * w30) OVER past AS minutes_ewma_30,
    SUM(points * w2) OVER past AS points_ewma_2,
    SUM(points * w30) OVER past AS points_ewma_30,
    SUM(plays * w3) OVER past AS plays_ewma_3,
    SUM(plays * w8) OVER past AS plays_ewma_8,
    SUM(fg_attempts * w25) OVER past AS fg_attempts_ewma_25,
    SUM(ft_attempts * w25) OVER past AS ft_attempts_ewma_25,
    SUM(fg_makes * w20) OVER past AS fg_makes_ewma_20,
    SUM(ft_makes * w20) OVER past AS ft_makes_ewma_20,
    SUM(three_pt_makes * w20) OVER past AS three_pt_makes_ewma_20,
    SUM(defensive_rebounds * w20) OVER past AS defensive_rebounds_ewma_20,
    SUM(regulation_minutes * w5) OVER past AS regulation_minutes_ewma_5,
    SUM(IF(ABS(team_margin) <= 15, minutes * w8, NULL)) OVER past AS close_game_minutes_ewma_8,
    SUM(IF(ABS(team_margin) <= 15, w8, NULL)) OVER past AS close_t8,
    SUM(IF(absent_minutes IS NULL, NULL, w8)) OVER past AS seen_t8,
    SUM(IF(absent_minutes IS NULL, NULL, w25)) OVER past AS seen_t25,
    SUM(absent_minutes * w8) OVER past AS absent_minutes_ewma_8,
    SUM(absent_minutes * w25) OVER past AS absent_minutes_ewma_25,
    SUM(absent_points * w8) OVER past AS absent_points_ewma_8,
    SUM(played_points * w8) OVER past AS played_points_ewma_8,
    SUM(IF(out_minutes IS NULL, NULL, w3)) OVER past AS reported_t3,
    SUM(IF(out_minutes IS NULL, NULL, w8)) OVER past AS reported_t8,
    SUM(IF(out_minutes IS NULL, NULL, w25)) OVER past AS reported_t25,
    SUM(out_minutes * w3) OVER past AS out_minutes_ewma_3,
    SUM(out_minutes * w8) OVER past AS out_minutes_ewma_8,
    SUM(out_minutes * w25) OVER past AS out_minutes_ewma_25,
    SUM(out_points * w3) OVER past AS out_points_ewma_3,
    SUM(out_points * w8) OVER past AS out_points_ewma_8,
    SUM(out_points * w25) OVER past AS out_points_ewma_25,
    SUM(out_plays * w8) OVER past AS out_plays_ewma_8,
    SUM(out_size * w8) OVER past AS out_size_ewma_8,
    SUM(available_minutes * w8) OVER past AS available_minutes_ewma_8,
    SUM(available_minutes * w25) OVER past AS available_minutes_ewma_25,
    SUM(available_points * w8) OVER past AS available_points_ewma_8,
    SUM(available_size * w8) OVER past AS available_size_ewma_8
  FROM form_weights
  WINDOW past AS (
    PARTITION BY player_lookup ORDER BY UNIX_DATE(game_date) RANGE BETWEEN 399 PRECEDING AND CURRENT ROW
  )
),

form_latest AS (
  SELECT
    ROW_NUMBER() OVER (ORDER BY p.game_id, p.player_lookup) AS form_id,
    p.game_id, p.player_lookup, p.season_year, p.team_abbr, p.last_game_date, g.game_id AS last_game_id,
    g.game_number AS last_number
  FROM players AS p
  JOIN form_games AS g ON g.player_lookup = p.player_lookup AND g.game_date = p.last_game_date
),

form_lags AS (
  SELECT form_id, player_lookup, last_game_date, last_number - games_back AS game_number, games_back
  FROM form_latest
  CROSS JOIN UNNEST(GENERATE_ARRAY(0, 24)) AS games_back
),

form_windows AS (
  SELECT
    v.form_id,
    AVG(IF(v.games_back < 3, g.points, NULL)) AS points_avg_last_3,
    AVG(IF(v.games_back < 3, g.minutes, NULL)) AS minutes_avg_last_3,
    STDDEV_SAMP(g.minutes) AS minutes_std_last_25
  FROM form_lags AS v
  JOIN form_games AS g
    ON g.player_lookup = v.player_lookup
    AND g.game_number = v.game_number
    AND g.game_date >= DATE_SUB(v.last_game_date, INTERVAL 399 DAY)
  GROUP BY v.form_id
),

form_medians AS (
  SELECT DISTINCT
    v.form_id, PERCENTILE_CONT(g.minutes, 0.5) OVER (PARTITION BY v.form_id) AS minutes_median_last_10
  FROM form_lags AS v
  JOIN form_games AS g
    ON g.player_lookup = v.player_lookup
    AND g.game_number = v.game_number
    AND g.game_date >= DATE_SUB(v.last_game_date, INTERVAL 399 DAY)
  WHERE v.games_back < 10
),

with_team AS (
  SELECT
    player_lookup, game_id, season_year, team_abbr,
    COUNT(*) OVER (PARTITION BY player_lookup, season_year, team_abbr ORDER BY game_number) AS games
  FROM form_games
),

form AS (
  SELECT
    l.game_id, l.player_lookup, w.team_abbr AS last_team_abbr, h.game_number AS last_team_game_number,
    s.size,
    IF(t.season_year = l.season_year AND t.team_abbr = l.team_abbr, t.games, 0) AS games_for_team_season,
    ROUND(m.minutes_median_last_10, 6) AS minutes_median_last_10,
    ROUND(w.minutes_ewma_2 / w.t2, 6) AS minutes_ewma_2,
    ROUND(w.minutes_ewma_4 / w.t4, 6) AS minutes_ewma_4,
    ROUND(w.minutes_ewma_30 / w.t30, 6) AS minutes_ewma_30,
    ROUND(w.points_ewma_2 / w.t2, 6) AS points_ewma_2,
    ROUND(w.points_ewma_30 / w.t30, 6) AS points_ewma_30,
    ROUND(w.plays_ewma_3 / w.t3, 6) AS plays_ewma_3,
    ROUND(w.plays_ewma_8 / w.t8, 6) AS plays_ewma_8,
    ROUND(w.fg_attempts_ewma_25 / w.t25, 6) AS fg_attempts_ewma_25,
    ROUND(w.ft_attempts_ewma_25 / w.t25, 6) AS ft_attempts_ewma_25,
    ROUND(w.fg_makes_ewma_20 / w.t20, 6) AS fg_makes_ewma_20,
    ROUND(w.ft_makes_ewma_20 / w.t20, 6) AS ft_makes_ewma_20,
    ROUND(w.three_pt_makes_ewma_20 / w.t20, 6) AS three_pt_makes_ewma_20,
    ROUND(w.defensive_rebounds_ewma_20 / w.t20, 6) AS defensive_rebounds_ewma_20,
    ROUND(w.regulation_minutes_ewma_5 / w.t5, 6) AS regulation_minutes_ewma_5,
    ROUND(w.close_game_minutes_ewma_8 / w.close_t8, 6) AS close_game_minutes_ewma_8,
    ROUND(v.points_avg_last_3, 6) AS points_avg_last_3,
    ROUND(v.minutes_avg_last_3, 6) AS minutes_avg_last_3,
    ROUND(v.minutes_std_last_25, 6) AS minutes_std_last_25,
    CAST(w.points AS FLOAT64) AS last_game_points,
    CAST(w.team_margin AS FLOAT64) AS last_game_team_margin,
    w.played_minutes AS last_game_played_minutes,
    w.absent_minutes AS last_game_absent_minutes,
    ROUND(w.absent_minutes_ewma_8 / w.seen_t8, 6) AS absent_minutes_ewma_8,
    ROUND(w.absent_minutes_ewma_25 / w.seen_t25, 6) AS absent_minutes_ewma_25,
    ROUND(w.absent_points_ewma_8 / w.seen_t8, 6) AS absent_points_ewma_8,
    ROUND(w.played_points_ewma_8 / w.seen_t8, 6) AS played_points_ewma_8,
    w.out_minutes AS last_game_out_minutes,
    w.out_points AS last_game_out_points,
    w.out_size AS last_game_out_size,
    w.available_minutes AS last_game_available_minutes,
    ROUND(w.out_minutes_ewma_3 / w.reported_t3, 6) AS out_minutes_ewma_3,
    ROUND(w.out_minutes_ewma_8 / w.reported_t8, 6) AS out_minutes_ewma_8,
    ROUND(w.out_minutes_ewma_25 / w.reported_t25, 6) AS out_minutes_ewma_25,
    ROUND(w.out_points_ewma_3 / w.reported_t3, 6) AS out_points_ewma_3,
    ROUND(w.out_points_ewma_8 / w.reported_t8, 6) AS out_points_ewma_8,
    ROUND(w.out_points_ewma_25 / w.reported_t25, 6) AS out_points_ewma_25,
    ROUND(w.out_plays_ewma_8 / w.reported_t8, 6) AS out_plays_ewma_8,
    ROUND(w.out_size_ewma_8 / w.reported_t8, 6) AS out_size_ewma_8,
    ROUND(w.available_minutes_ewma_8 / w.reported_t8, 6) AS available_minutes_ewma_8,
    ROUND(w.available_minutes_ewma_25 / w.reported_t25, 6) AS available_minutes_ewma_25,
    ROUND(w.available_points_ewma_8 / w.reported_t8, 6) AS available_points_ewma_8,
    ROUND(w.available_size_ewma_8 / w.reported_t8, 6) AS available_size_ewma_8
  FROM form_latest AS l
  JOIN form_sums AS w ON w.player_lookup = l.player_lookup AND w.game_id = l.last_game_id
  JOIN form_windows AS v ON v.form_id = l.form_id
  JOIN form_medians AS m ON m.form_id = l.form_id
  JOIN states AS s ON s.player_lookup = l.player_lookup AND s.game_id = l.last_game_id
  JOIN with_team AS t ON t.player_lookup = l.player_lookup AND t.game_id = l.last_game_id
  LEFT JOIN team_history AS h ON h.game_id = l.last_game_id AND h.team_abbr = w.team_abbr
),
