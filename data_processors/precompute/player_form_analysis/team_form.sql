-- The form of each team of `sides` (game_id, game_date, season_year, team_abbr, last_game_date) before its game.
team_history AS (
  SELECT
    o.team_abbr, o.game_id, o.game_date, o.season_year, o.margin, o.points_scored, o.game_possessions,
    o.points_scored - o.margin AS points_allowed,
    r.absent_minutes, r.absent_points, r.points_allowed_beyond_usual, r.big_points_allowed_beyond_usual,
    r.opponent_bigness,
    ROW_NUMBER() OVER (PARTITION BY o.team_abbr ORDER BY o.game_date, o.game_id) AS game_number,
    ROW_NUMBER() OVER (PARTITION BY o.team_abbr, o.season_year ORDER BY o.game_date, o.game_id) AS season_game_number
  FROM nba_analytics.team_offense_game_summary AS o
  LEFT JOIN nba_analytics.team_rotation_game_summary AS r
    ON r.game_id = o.game_id AND r.team_abbr = o.team_abbr
    AND r.game_date >= DATE_SUB(@from_date, INTERVAL 400 DAY) AND r.game_date < @to_date
  WHERE o.game_date >= DATE_SUB(@from_date, INTERVAL 400 DAY) AND o.game_date < @to_date
),

team_players AS (
  SELECT game_id, team_abbr, COUNT(*) AS players
  FROM nba_analytics.player_game_summary
  WHERE game_date >= DATE_SUB(@from_date, INTERVAL 400 DAY) AND game_date < @to_date
  GROUP BY game_id, team_abbr
),

team_latest AS (
  SELECT
    s.game_id, s.game_date, s.team_abbr, h.game_number AS last_number,
    h.margin AS team_last_margin,
    h.absent_minutes AS team_last_absent_minutes,
    h.absent_points AS team_last_absent_points,
    IF(h.season_year = s.season_year, h.season_game_number, 0) AS team_games_season
  FROM sides AS s
  JOIN team_history AS h
    ON h.team_abbr = s.team_abbr AND h.game_date = s.last_game_date
),

team_lags AS (
  SELECT
    l.*, games_back, l.last_number - games_back AS game_number,
    POW(0.5, games_back / 8) AS w8, POW(0.5, games_back / 10) AS w10, POW(0.5, games_back / 15) AS w15,
    POW(0.5, games_back / 30) AS w30
  FROM team_latest AS l
  CROSS JOIN UNNEST(GENERATE_ARRAY(0, 39)) AS games_back
),

team_form AS (
  SELECT
    l.game_id, l.team_abbr,
    MAX(l.last_number) + 1 AS game_number,
    MAX(l.team_games_season) AS team_games_season,
    MAX(l.team_last_margin) AS team_last_margin,
    MAX(l.team_last_absent_minutes) AS team_last_absent_minutes,
    MAX(l.team_last_absent_points) AS team_last_absent_points,
    ROUND(SUM(100 * h.points_scored / h.game_possessions * l.w8) / SUM(l.w8), 6) AS off_rating_ewma_8,
    ROUND(SUM(h.margin * l.w8) / SUM(l.w8), 6) AS margin_ewma_8,
    ROUND(SUM(h.margin * l.w30) / SUM(l.w30), 6) AS margin_ewma_30,
    ROUND(SUM(ABS(h.margin) * l.w15) / SUM(l.w15), 6) AS absolute_margin_ewma_15,
    ROUND(SUM(h.points_allowed * l.w8) / SUM(l.w8), 6) AS points_allowed_ewma_8,
    ROUND(SUM(h.points_allowed * l.w30) / SUM(l.w30), 6) AS points_allowed_ewma_30,
    ROUND(SUM(n.players * l.w10) / SUM(l.w10), 6) AS players_used_ewma_10,
    -- A tenth of six decimals has seven: rounded to six, half of the last digit would go either way.
    ROUND(AVG(IF(l.games_back < 10, h.points_allowed_beyond_usual, NULL)), 9) AS opponent_points_allowed_beyond_usual,
    ROUND(
      SUM(IF(l.games_back < 25, h.big_points_allowed_beyond_usual, 0))
      / (SUM(IF(l.games_back < 25, h.opponent_bigness, 0)) + 20), 6
    ) AS opponent_big_allowed
  FROM team_lags AS l
  JOIN team_history AS h
    ON h.team_abbr = l.team_abbr
    AND h.game_number = l.game_number
    AND h.game_date >= DATE_SUB(l.game_date, INTERVAL 400 DAY)
  JOIN team_players AS n ON n.game_id = h.game_id AND n.team_abbr = h.team_abbr
  GROUP BY l.game_id, l.team_abbr
),
