-- What each player usually gave after each of his games: exponentially weighted means over the games of the 400
-- days that end with it. Days bound the window, not games, so that a date alone and a season give the same.
state_games AS (
  SELECT
    p.player_lookup, p.team_abbr, p.game_id, p.game_date, p.season_year, p.points,
    p.seconds_played / 60 AS minutes,
    p.fg_attempts + 0.44 * p.ft_attempts + p.turnovers AS plays,
    p.offensive_rebounds + p.defensive_rebounds AS rebounds, p.assists, p.blocks, p.three_pt_attempts,
    LEAD(p.game_date) OVER by_date AS next_game_date,
    ROW_NUMBER() OVER by_date AS game_number
  FROM nba_analytics.player_game_summary AS p
  WHERE p.game_date >= DATE_SUB(@from_date, INTERVAL 800 DAY) AND p.game_date <= @to_date
  WINDOW by_date AS (PARTITION BY p.player_lookup ORDER BY p.game_date, p.game_id)
),

state_weights AS (
  SELECT
    *,
    POW(2, game_number / 4) AS w4, POW(2, game_number / 8) AS w8, POW(2, game_number / 15) AS w15,
    POW(2, game_number / 20) AS w20
  FROM state_games
),

-- size: 1 for who rebounds and blocks, -1 for who passes and shoots threes, by what he does in his minutes.
states AS (
  SELECT
    player_lookup, team_abbr, game_id, game_date, season_year, next_game_date, points,
    ROUND(SUM(minutes * w4) OVER past / SUM(w4) OVER past, 6) AS minutes_4,
    ROUND(SUM(minutes * w8) OVER past / SUM(w8) OVER past, 6) AS minutes_8,
    ROUND(SUM(points * w8) OVER past / SUM(w8) OVER past, 6) AS points_8,
    ROUND(SUM(points * w15) OVER past / SUM(w15) OVER past, 6) AS points_15,
    ROUND(SUM(plays * w8) OVER past / SUM(w8) OVER past, 6) AS plays_8,
    ROUND(GREATEST(-1, LEAST(1, COALESCE(3.2 * SAFE_DIVIDE(
      SUM((rebounds + 2 * blocks - 0.9 * assists - 0.45 * three_pt_attempts) * w20) OVER past,
      SUM(minutes * w20) OVER past
    ), 0))), 6) AS size
  FROM state_weights
  WINDOW past AS (
    PARTITION BY player_lookup ORDER BY UNIX_DATE(game_date) RANGE BETWEEN 399 PRECEDING AND CURRENT ROW
  )
),
