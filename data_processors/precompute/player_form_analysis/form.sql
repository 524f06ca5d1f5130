-- A player's form before each row of `players`, from his last 40 games of 400 days, and who of his team was there.
form_games AS (
  SELECT
    p.player_id, p.player_lookup, p.team_abbr, p.game_id, p.game_date, p.season_year, p.points,
    p.seconds_played / 60 AS minutes,
    p.fg_attempts + 0.44 * p.ft_attempts + p.turnovers AS plays,
    p.fg_attempts, p.fg_makes, p.three_pt_makes, p.ft_attempts, p.ft_makes, p.defensive_rebounds, p.usage_rate,
    p.seconds_played / 60 * 14400 / t.seconds_played AS regulation_minutes,
    t.margin AS team_margin, h.game_number AS team_game_number,
    r.* EXCEPT (game_id, game_date, season_year, team_abbr, opponent_team_abbr, generation, run_id, written_at),
    ROW_NUMBER() OVER (PARTITION BY p.player_lookup ORDER BY p.game_date, p.game_id) AS game_number
  FROM nba_analytics.player_game_summary AS p
  JOIN nba_analytics.team_offense_game_summary AS t
    ON t.game_id = p.game_id AND t.team_abbr = p.team_abbr
    AND t.game_date >= DATE_SUB(@from_date, INTERVAL 400 DAY) AND t.game_date < @to_date
  JOIN team_history AS h ON h.game_id = p.game_id AND h.team_abbr = p.team_abbr
  LEFT JOIN nba_analytics.team_rotation_game_summary AS r
    ON r.game_id = p.game_id AND r.team_abbr = p.team_abbr
    AND r.game_date >= DATE_SUB(@from_date, INTERVAL 400 DAY) AND r.game_date < @to_date
  WHERE p.game_date >= DATE_SUB(@from_date, INTERVAL 400 DAY) AND p.game_date < @to_date
),

last_season AS (
  SELECT player_lookup, season_year + 1 AS season_year, ROUND(SUM(seconds_played) / (60 * COUNT(*)), 6) AS minutes
  FROM nba_analytics.player_game_summary
  WHERE game_date >= DATE_SUB(@from_date, INTERVAL 800 DAY) AND game_date < @to_date
  GROUP BY player_lookup, season_year
),

this_season AS (
  SELECT p.game_id, p.player_lookup, COUNT(*) AS games
  FROM players AS p
  JOIN form_games AS g
    ON g.player_lookup = p.player_lookup AND g.season_year = p.season_year AND g.team_abbr = p.team_abbr
    AND g.game_date < p.history_end
  GROUP BY p.game_id, p.player_lookup
),

form_latest AS (
  SELECT
    ROW_NUMBER() OVER (ORDER BY p.game_id, p.player_lookup) AS form_id,
    p.game_id, p.game_date, p.player_lookup, p.season_year, p.team_abbr, g.player_id, g.game_number AS last_number,
    g.game_id AS last_game_id, g.team_abbr AS last_team_abbr, g.team_game_number AS last_team_game_number
  FROM players AS p
  JOIN form_games AS g ON g.player_lookup = p.player_lookup AND g.game_date = p.last_game_date
),

form_weights AS (
  SELECT
    games_back,
    POW(0.5, games_back / 2) AS w2, POW(0.5, games_back / 3) AS w3, POW(0.5, games_back / 4) AS w4,
    POW(0.5, games_back / 5) AS w5, POW(0.5, games_back / 8) AS w8, POW(0.5, games_back / 15) AS w15,
    POW(0.5, games_back / 20) AS w20, POW(0.5, games_back / 25) AS w25, POW(0.5, games_back / 30) AS w30
  FROM UNNEST(GENERATE_ARRAY(0, 39)) AS games_back
),

form_lags AS (
  SELECT l.form_id, l.player_id, l.game_date AS before_date, l.last_number - v.games_back AS wanted_number, v.*
  FROM form_latest AS l
  CROSS JOIN form_weights AS v
),

form_pairs AS (
  SELECT v.* EXCEPT (player_id, before_date, wanted_number), g.* EXCEPT (player_id, player_lookup, game_id, game_date)
  FROM form_lags AS v
  JOIN form_games AS g
    ON g.player_id = v.player_id
    AND g.game_number = v.wanted_number
    AND g.game_date >= DATE_SUB(v.before_date, INTERVAL 400 DAY)
),

form_medians AS (
  SELECT DISTINCT
    form_id,
    PERCENTILE_CONT(IF(games_back < 10, minutes, NULL), 0.5) OVER (PARTITION BY form_id) AS minutes_median_last_10
  FROM form_pairs
  WHERE games_back < 10
),

form_means AS (
  SELECT
    form_id,
    SUM(minutes * w2) / SUM(w2) AS minutes_ewma_2,
    SUM(minutes * w4) / SUM(w4) AS minutes_ewma_4,
    SUM(minutes * w15) / SUM(w15) AS minutes_ewma_15,
    SUM(minutes * w30) / SUM(w30) AS minutes_ewma_30,
    SUM(points * w2) / SUM(w2) AS points_ewma_2,
    SUM(points * w30) / SUM(w30) AS points_ewma_30,
    SUM(plays * w3) / SUM(w3) AS plays_ewma_3,
    SUM(plays * w8) / SUM(w8) AS plays_ewma_8,
    SUM(fg_attempts * w3) / SUM(w3) AS fg_attempts_ewma_3,
    SUM(fg_attempts * w25) / SUM(w25) AS fg_attempts_ewma_25,
    SUM(ft_attempts * w25) / SUM(w25) AS ft_attempts_ewma_25,
    SUM(fg_makes * w20) / SUM(w20) AS fg_makes_ewma_20,
    SUM(ft_makes * w20) / SUM(w20) AS ft_makes_ewma_20,
    SUM(three_pt_makes * w20) / SUM(w20) AS three_pt_makes_ewma_20,
    SUM(defensive_rebounds * w20) / SUM(w20) AS defensive_rebounds_ewma_20,
    SUM(regulation_minutes * w5) / SUM(w5) AS regulation_minutes_ewma_5,
    SAFE_DIVIDE(
      SUM(IF(ABS(team_margin) <= 15, minutes * w8, 0)), SUM(IF(ABS(team_margin) <= 15, w8, 0))
    ) AS close_game_minutes_ewma_8,
    AVG(IF(games_back < 3, points, NULL)) AS points_avg_last_3,
    AVG(IF(games_back < 3, minutes, NULL)) AS minutes_avg_last_3,
    MAX(IF(games_back < 3, minutes, NULL)) AS minutes_max_last_3,
    STDDEV_SAMP(IF(games_back < 25, points, NULL)) AS points_std_last_25,
    STDDEV_SAMP(IF(games_back < 25, minutes, NULL)) AS minutes_std_last_25,
    MAX(IF(games_back = 0, points, NULL)) AS last_game_points,
    MAX(IF(games_back = 0, usage_rate, NULL)) AS last_game_usage_rate,
    MAX(IF(games_back = 0, team_margin, NULL)) AS last_game_team_margin,
    MAX(IF(games_back = 0, played_minutes, NULL)) AS last_game_played_minutes,
    MAX(IF(games_back = 0, absent_minutes, NULL)) AS last_game_absent_minutes,
    SAFE_DIVIDE(SUM(absent_minutes * w3), SUM(IF(absent_minutes IS NULL, 0, w3))) AS absent_minutes_ewma_3,
    SAFE_DIVIDE(SUM(absent_minutes * w8), SUM(IF(absent_minutes IS NULL, 0, w8))) AS absent_minutes_ewma_8,
    SAFE_DIVIDE(SUM(absent_minutes * w25), SUM(IF(absent_minutes IS NULL, 0, w25))) AS absent_minutes_ewma_25,
    SAFE_DIVIDE(SUM(absent_points * w8), SUM(IF(absent_points IS NULL, 0, w8))) AS absent_points_ewma_8,
    SAFE_DIVIDE(SUM(absent_points * w25), SUM(IF(absent_points IS NULL, 0, w25))) AS absent_points_ewma_25,
    SAFE_DIVIDE(SUM(played_points * w8), SUM(IF(played_points IS NULL, 0, w8))) AS played_points_ewma_8,
    MAX(IF(games_back = 0, out_minutes, NULL)) AS last_game_out_minutes,
    MAX(IF(games_back = 0, out_points, NULL)) AS last_game_out_points,
    MAX(IF(games_back = 0, out_size, NULL)) AS last_game_out_size,
    MAX(IF(games_back = 0, available_minutes, NULL)) AS last_game_available_minutes,
    SAFE_DIVIDE(SUM(out_minutes * w3), SUM(IF(out_minutes IS NULL, 0, w3))) AS out_minutes_ewma_3,
    SAFE_DIVIDE(SUM(out_minutes * w8), SUM(IF(out_minutes IS NULL, 0, w8))) AS out_minutes_ewma_8,
    SAFE_DIVIDE(SUM(out_minutes * w25), SUM(IF(out_minutes IS NULL, 0, w25))) AS out_minutes_ewma_25,
    SAFE_DIVIDE(SUM(out_points * w3), SUM(IF(out_points IS NULL, 0, w3))) AS out_points_ewma_3,
    SAFE_DIVIDE(SUM(out_points * w8), SUM(IF(out_points IS NULL, 0, w8))) AS out_points_ewma_8,
    SAFE_DIVIDE(SUM(out_points * w25), SUM(IF(out_points IS NULL, 0, w25))) AS out_points_ewma_25,
    SAFE_DIVIDE(SUM(out_plays * w8), SUM(IF(out_plays IS NULL, 0, w8))) AS out_plays_ewma_8,
    SAFE_DIVIDE(SUM(out_size * w8), SUM(IF(out_size IS NULL, 0, w8))) AS out_size_ewma_8,
    SAFE_DIVIDE(SUM(available_minutes * w8), SUM(IF(available_minutes IS NULL, 0, w8))) AS available_minutes_ewma_8,
    SAFE_DIVIDE(SUM(available_minutes * w25), SUM(IF(available_minutes IS NULL, 0, w25))) AS available_minutes_ewma_25,
    SAFE_DIVIDE(SUM(available_points * w8), SUM(IF(available_points IS NULL, 0, w8))) AS available_points_ewma_8,
    SAFE_DIVIDE(SUM(available_size * w8), SUM(IF(available_size IS NULL, 0, w8))) AS available_size_ewma_8
  FROM form_pairs
  GROUP BY form_id
),

form AS (
  SELECT
    l.game_id, l.player_lookup, l.last_team_abbr, l.last_team_game_number,
    s.size,
    COALESCE(t.games, 0) AS games_for_team_season,
    y.minutes AS minutes_avg_last_season,
    m.minutes_median_last_10,
    ROUND(v.minutes_ewma_2, 6) AS minutes_ewma_2,
    ROUND(v.minutes_ewma_4, 6) AS minutes_ewma_4,
    ROUND(v.minutes_ewma_15, 6) AS minutes_ewma_15,
    ROUND(v.minutes_ewma_30, 6) AS minutes_ewma_30,
    ROUND(v.points_ewma_2, 6) AS points_ewma_2,
    ROUND(v.points_ewma_30, 6) AS points_ewma_30,
    ROUND(v.plays_ewma_3, 6) AS plays_ewma_3,
    ROUND(v.plays_ewma_8, 6) AS plays_ewma_8,
    ROUND(v.fg_attempts_ewma_3, 6) AS fg_attempts_ewma_3,
    ROUND(v.fg_attempts_ewma_25, 6) AS fg_attempts_ewma_25,
    ROUND(v.ft_attempts_ewma_25, 6) AS ft_attempts_ewma_25,
    ROUND(v.fg_makes_ewma_20, 6) AS fg_makes_ewma_20,
    ROUND(v.ft_makes_ewma_20, 6) AS ft_makes_ewma_20,
    ROUND(v.three_pt_makes_ewma_20, 6) AS three_pt_makes_ewma_20,
    ROUND(v.defensive_rebounds_ewma_20, 6) AS defensive_rebounds_ewma_20,
    ROUND(v.regulation_minutes_ewma_5, 6) AS regulation_minutes_ewma_5,
    ROUND(v.close_game_minutes_ewma_8, 6) AS close_game_minutes_ewma_8,
    ROUND(v.points_avg_last_3, 6) AS points_avg_last_3,
    ROUND(v.minutes_avg_last_3, 6) AS minutes_avg_last_3,
    ROUND(v.minutes_max_last_3, 6) AS minutes_max_last_3,
    ROUND(v.points_std_last_25, 6) AS points_std_last_25,
    ROUND(v.minutes_std_last_25, 6) AS minutes_std_last_25,
    ROUND(v.last_game_points, 6) AS last_game_points,
    ROUND(v.last_game_usage_rate, 6) AS last_game_usage_rate,
    ROUND(v.last_game_team_margin, 6) AS last_game_team_margin,
    ROUND(v.last_game_played_minutes, 6) AS last_game_played_minutes,
    ROUND(v.last_game_absent_minutes, 6) AS last_game_absent_minutes,
    ROUND(v.absent_minutes_ewma_3, 6) AS absent_minutes_ewma_3,
    ROUND(v.absent_minutes_ewma_8, 6) AS absent_minutes_ewma_8,
    ROUND(v.absent_minutes_ewma_25, 6) AS absent_minutes_ewma_25,
    ROUND(v.absent_points_ewma_8, 6) AS absent_points_ewma_8,
    ROUND(v.absent_points_ewma_25, 6) AS absent_points_ewma_25,
    ROUND(v.played_points_ewma_8, 6) AS played_points_ewma_8,
    ROUND(v.last_game_out_minutes, 6) AS last_game_out_minutes,
    ROUND(v.last_game_out_points, 6) AS last_game_out_points,
    ROUND(v.last_game_out_size, 6) AS last_game_out_size,
    ROUND(v.last_game_available_minutes, 6) AS last_game_available_minutes,
    ROUND(v.out_minutes_ewma_3, 6) AS out_minutes_ewma_3,
    ROUND(v.out_minutes_ewma_8, 6) AS out_minutes_ewma_8,
    ROUND(v.out_minutes_ewma_25, 6) AS out_minutes_ewma_25,
    ROUND(v.out_points_ewma_3, 6) AS out_points_ewma_3,
    ROUND(v.out_points_ewma_8, 6) AS out_points_ewma_8,
    ROUND(v.out_points_ewma_25, 6) AS out_points_ewma_25,
    ROUND(v.out_plays_ewma_8, 6) AS out_plays_ewma_8,
    ROUND(v.out_size_ewma_8, 6) AS out_size_ewma_8,
    ROUND(v.available_minutes_ewma_8, 6) AS available_minutes_ewma_8,
    ROUND(v.available_minutes_ewma_25, 6) AS available_minutes_ewma_25,
    ROUND(v.available_points_ewma_8, 6) AS available_points_ewma_8,
    ROUND(v.available_size_ewma_8, 6) AS available_size_ewma_8
  FROM form_latest AS l
  JOIN form_means AS v ON v.form_id = l.form_id
  JOIN form_medians AS m ON m.form_id = l.form_id
  JOIN states AS s ON s.player_lookup = l.player_lookup AND s.game_id = l.last_game_id
  LEFT JOIN this_season AS t ON t.game_id = l.game_id AND t.player_lookup = l.player_lookup
  LEFT JOIN last_season AS y ON y.player_lookup = l.player_lookup AND y.season_year = l.season_year
),
