-- History ends before the game's date and before the cutoff's Eastern date, whichever is earlier.
WITH players AS (
  SELECT
    game_date, game_id, tip_at, cutoff, season_year, player_lookup, team_abbr,
    LEAST(game_date, DATE(cutoff, 'America/New_York')) AS history_end
  FROM nba_analytics.upcoming_player_game_context
  WHERE game_date BETWEEN @from_date AND @to_date
    AND (@lead_minutes IS NOT NULL OR tip_at > @as_of)
),

-- Each past game with the date of the next one: it is the latest game on the dates in between.
player_games AS (
  SELECT
    player_lookup, game_date, season_year, points, seconds_played,
    100 * fg_attempts + 44 * ft_attempts AS shot_hundredths,
    CAST(ROUND(usage_rate * 10000) AS INT64) AS usage_units,
    ROW_NUMBER() OVER by_date AS game_number,
    LEAD(game_date) OVER by_date AS next_game_date
  FROM nba_analytics.player_game_summary
  WHERE game_date >= DATE_SUB(@from_date, INTERVAL 400 DAY) AND game_date < @to_date
  WINDOW by_date AS (PARTITION BY player_lookup ORDER BY game_date, game_id)
),

latest_games AS (
  SELECT p.game_id, p.game_date, p.season_year, p.player_lookup, g.game_number
  FROM players AS p
  JOIN player_games AS g
    ON g.player_lookup = p.player_lookup
    AND g.game_date < p.history_end
    AND (g.next_game_date IS NULL OR g.next_game_date >= p.history_end)
),

last_ten AS (
  SELECT
    l.game_id, l.player_lookup,
    COUNT(*) AS games,
    SUM(g.points) AS points,
    SUM(g.points * g.points) AS squared_points,
    SUM(g.seconds_played) AS seconds,
    SUM(g.shot_hundredths) AS shot_hundredths,
    SUM(g.usage_units) AS usage_units,
    COUNT(g.usage_units) AS usage_games,
    SUM(IF(g.game_number > l.game_number - 5, g.points, 0)) AS points_5,
    COUNTIF(g.game_number > l.game_number - 5) AS games_5
  FROM latest_games AS l
  JOIN player_games AS g
    ON g.player_lookup = l.player_lookup
    AND g.game_number BETWEEN l.game_number - 9 AND l.game_number
    AND g.game_date >= DATE_SUB(l.game_date, INTERVAL 400 DAY)
  GROUP BY l.game_id, l.player_lookup
),

this_season AS (
  SELECT l.game_id, l.player_lookup, COUNT(*) AS games, SUM(g.points) AS points
  FROM latest_games AS l
  JOIN player_games AS g
    ON g.player_lookup = l.player_lookup
    AND g.season_year = l.season_year
    AND g.game_number <= l.game_number
  GROUP BY l.game_id, l.player_lookup
),

team_games AS (
  SELECT
    team_abbr, game_date, points_scored,
    CAST(ROUND(possessions * 100) AS INT64) AS possession_hundredths,
    CAST(ROUND(pace * 10000) AS INT64) AS pace_units,
    ROW_NUMBER() OVER by_date AS game_number,
    LEAD(game_date) OVER by_date AS next_game_date
  FROM nba_analytics.team_offense_game_summary
  WHERE game_date >= DATE_SUB(@from_date, INTERVAL 400 DAY) AND game_date < @to_date
  WINDOW by_date AS (PARTITION BY team_abbr ORDER BY game_date, game_id)
),

latest_team_games AS (
  SELECT d.team_abbr, d.game_date, d.history_end, t.game_number
  FROM (SELECT DISTINCT team_abbr, game_date, history_end FROM players) AS d
  JOIN team_games AS t
    ON t.team_abbr = d.team_abbr
    AND t.game_date < d.history_end
    AND (t.next_game_date IS NULL OR t.next_game_date >= d.history_end)
),

team_form AS (
  SELECT
    l.team_abbr, l.game_date, l.history_end,
    ROUND(SUM(t.pace_units) / (10000 * COUNT(*)), 4) AS team_pace_last_10,
    ROUND(SAFE_DIVIDE(10000 * SUM(t.points_scored), SUM(t.possession_hundredths)), 4) AS team_off_rating_last_10
  FROM latest_team_games AS l
  JOIN team_games AS t
    ON t.team_abbr = l.team_abbr
    AND t.game_number BETWEEN l.game_number - 9 AND l.game_number
    AND t.game_date >= DATE_SUB(l.game_date, INTERVAL 400 DAY)
  GROUP BY l.team_abbr, l.game_date, l.history_end
),

-- From integer sums, so that a rerun gives the same digits whatever the order of the rows.
figures AS (
  SELECT
    p.game_date, p.game_id, p.tip_at, p.cutoff, p.player_lookup, p.team_abbr,
    ROUND(SAFE_DIVIDE(t.points_5, t.games_5), 4) AS points_avg_last_5,
    ROUND(SAFE_DIVIDE(t.points, t.games), 4) AS points_avg_last_10,
    ROUND(SAFE_DIVIDE(s.points, s.games), 4) AS points_avg_season,
    ROUND(SQRT(SAFE_DIVIDE(
      t.games * t.squared_points - t.points * t.points, t.games * (t.games - 1)
    )), 4) AS points_std_last_10,
    ROUND(SAFE_DIVIDE(t.seconds, 60 * t.games), 4) AS minutes_avg_last_10,
    ROUND(SAFE_DIVIDE(60 * t.points, t.seconds), 4) AS ppm_avg_last_10,
    ROUND(SAFE_DIVIDE(t.usage_units, 10000 * t.usage_games), 4) AS usage_rate_last_10,
    ROUND(SAFE_DIVIDE(50 * t.points, t.shot_hundredths), 4) AS ts_pct_last_10,
    COALESCE(t.games, 0) AS games_in_last_10,
    COALESCE(s.games, 0) AS games_played_season,
    f.team_pace_last_10,
    f.team_off_rating_last_10
  FROM players AS p
  LEFT JOIN last_ten AS t ON t.game_id = p.game_id AND t.player_lookup = p.player_lookup
  LEFT JOIN this_season AS s ON s.game_id = p.game_id AND s.player_lookup = p.player_lookup
  LEFT JOIN team_form AS f
    ON f.team_abbr = p.team_abbr AND f.game_date = p.game_date AND f.history_end = p.history_end
),

final AS (
  SELECT
    *,
    NULLIF(ARRAY_TO_STRING([
      IF(games_in_last_10 = 0, 'no game in 400 days', NULL),
      IF(games_in_last_10 = 1, 'one game has no standard deviation', NULL),
      IF(games_played_season = 0, 'no game this season', NULL),
      IF(games_in_last_10 > 0 AND ppm_avg_last_10 IS NULL, 'no minutes in the last games', NULL),
      IF(games_in_last_10 > 0 AND ts_pct_last_10 IS NULL, 'no shots in the last games', NULL),
      IF(team_off_rating_last_10 IS NULL, 'no team game in 400 days', NULL)
    ], '; '), '') AS missing_reason
  FROM figures
)

SELECT * FROM final
