-- History ends before the game's date and before the cutoff's Eastern date, whichever is earlier.
WITH context AS (
  SELECT *, LEAST(game_date, DATE(cutoff, 'America/New_York')) AS history_end
  FROM nba_analytics.upcoming_player_game_context
  WHERE game_date BETWEEN @from_date AND @to_date
    AND (@lead_minutes IS NOT NULL OR tip_at > @as_of)
),

cache AS (
  SELECT *
  FROM nba_precompute.player_daily_cache
  WHERE game_date BETWEEN @from_date AND @to_date
),

-- Fallback: the same figures straight from the games, for players whom the cache lacks.
uncached AS (
  SELECT x.game_date, x.game_id, x.season_year, x.player_lookup, x.history_end
  FROM context AS x
  LEFT JOIN cache AS c ON c.game_id = x.game_id AND c.player_lookup = x.player_lookup
  WHERE c.game_id IS NULL
),

uncached_games AS (
  SELECT
    u.game_id, u.player_lookup, g.points, g.seconds_played,
    CAST(ROUND(g.usage_rate * 10000) AS INT64) AS usage_units,
    g.season_year = u.season_year AS this_season,
    ROW_NUMBER() OVER (
      PARTITION BY u.game_id, u.player_lookup ORDER BY g.game_date DESC, g.game_id DESC
    ) AS games_ago
  FROM uncached AS u
  JOIN nba_analytics.player_game_summary AS g
    ON g.player_lookup = u.player_lookup
    AND g.game_date < u.history_end
    AND g.game_date >= DATE_SUB(u.game_date, INTERVAL 400 DAY)
  WHERE g.game_date >= DATE_SUB(@from_date, INTERVAL 400 DAY) AND g.game_date < @to_date
),

uncached_sums AS (
  SELECT
    game_id, player_lookup,
    COUNTIF(games_ago <= 5) AS games_5,
    SUM(IF(games_ago <= 5, points, 0)) AS points_5,
    COUNTIF(games_ago <= 10) AS games_10,
    SUM(IF(games_ago <= 10, points, 0)) AS points_10,
    SUM(IF(games_ago <= 10, points * points, 0)) AS squared_points_10,
    SUM(IF(games_ago <= 10, seconds_played, 0)) AS seconds_10,
    SUM(IF(games_ago <= 10, usage_units, 0)) AS usage_units_10,
    COUNTIF(games_ago <= 10 AND usage_units IS NOT NULL) AS usage_games_10,
    COUNTIF(this_season) AS season_games,
    SUM(IF(this_season, points, 0)) AS season_points
  FROM uncached_games
  GROUP BY game_id, player_lookup
),

fallback AS (
  SELECT
    game_id, player_lookup,
    ROUND(SAFE_DIVIDE(points_5, games_5), 4) AS points_avg_last_5,
    ROUND(SAFE_DIVIDE(points_10, games_10), 4) AS points_avg_last_10,
    ROUND(SAFE_DIVIDE(season_points, season_games), 4) AS points_avg_season,
    ROUND(SQRT(SAFE_DIVIDE(
      games_10 * squared_points_10 - points_10 * points_10, games_10 * (games_10 - 1)
    )), 4) AS points_std_last_10,
    ROUND(SAFE_DIVIDE(seconds_10, 60 * games_10), 4) AS minutes_avg_last_10,
    ROUND(SAFE_DIVIDE(60 * points_10, seconds_10), 4) AS ppm_avg_last_10,
    ROUND(SAFE_DIVIDE(usage_units_10, 10000 * usage_games_10), 4) AS usage_rate_last_10,
    season_games AS games_played_season
  FROM uncached_sums
),

-- Every team's last ten games on each date on which it plays.
team_dates AS (
  SELECT DISTINCT team_abbr, game_date, history_end FROM context
  UNION DISTINCT
  SELECT DISTINCT opponent_team_abbr AS team_abbr, game_date, history_end FROM context
),

team_games AS (
  SELECT
    o.team_abbr, o.game_date, o.points_scored, d.points_allowed,
    CAST(ROUND(o.pace * 10000) AS INT64) AS pace_units,
    CAST(ROUND(o.possessions * 100) AS INT64) AS possession_hundredths,
    CAST(ROUND(d.opponent_possessions * 100) AS INT64) AS opponent_possession_hundredths,
    ROW_NUMBER() OVER by_date AS game_number,
    LEAD(o.game_date) OVER by_date AS next_game_date
  FROM nba_analytics.team_offense_game_summary AS o
  JOIN nba_analytics.team_defense_game_summary AS d
    ON d.game_id = o.game_id AND d.team_abbr = o.team_abbr
    AND d.game_date >= DATE_SUB(@from_date, INTERVAL 400 DAY) AND d.game_date < @to_date
  WHERE o.game_date >= DATE_SUB(@from_date, INTERVAL 400 DAY) AND o.game_date < @to_date
  WINDOW by_date AS (PARTITION BY o.team_abbr ORDER BY o.game_date, o.game_id)
),

latest_team_games AS (
  SELECT d.team_abbr, d.game_date, d.history_end, t.game_number
  FROM team_dates AS d
  JOIN team_games AS t
    ON t.team_abbr = d.team_abbr
    AND t.game_date < d.history_end
    AND (t.next_game_date IS NULL OR t.next_game_date >= d.history_end)
),

team_form AS (
  SELECT
    l.team_abbr, l.game_date, l.history_end,
    ROUND(SUM(t.pace_units) / (10000 * COUNT(*)), 4) AS pace,
    ROUND(SAFE_DIVIDE(10000 * SUM(t.points_scored), SUM(t.possession_hundredths)), 4) AS off_rating,
    ROUND(SAFE_DIVIDE(10000 * SUM(t.points_allowed), SUM(t.opponent_possession_hundredths)), 4) AS def_rating
  FROM latest_team_games AS l
  JOIN team_games AS t
    ON t.team_abbr = l.team_abbr
    AND t.game_number BETWEEN l.game_number - 9 AND l.game_number
    AND t.game_date >= DATE_SUB(l.game_date, INTERVAL 400 DAY)
  GROUP BY l.team_abbr, l.game_date, l.history_end
),

features AS (
  SELECT
    x.game_date, x.game_id, x.tip_at, x.cutoff, x.player_lookup, x.player_id, x.player_name,
    x.team_abbr, x.opponent_team_abbr,
    'v1' AS feature_version,
    IF(c.game_id IS NULL, 'phase3', 'phase4') AS form_source,
    IF(c.team_off_rating_last_10 IS NULL, 'phase3', 'phase4') AS team_source,
    COALESCE(c.points_avg_last_5, f.points_avg_last_5) AS points_avg_last_5,
    COALESCE(c.points_avg_last_10, f.points_avg_last_10) AS points_avg_last_10,
    COALESCE(c.points_avg_season, f.points_avg_season) AS points_avg_season,
    COALESCE(c.points_std_last_10, f.points_std_last_10) AS points_std_last_10,
    x.games_in_last_7_days,
    CAST(x.is_home AS INT64) AS home_away,
    CAST(x.back_to_back AS INT64) AS back_to_back,
    x.days_rest,
    IF(x.season_type = 'playoffs', 1, 0) AS playoff_game,
    COALESCE(c.minutes_avg_last_10, f.minutes_avg_last_10) AS minutes_avg_last_10,
    COALESCE(c.ppm_avg_last_10, f.ppm_avg_last_10) AS ppm_avg_last_10,
    COALESCE(c.usage_rate_last_10, f.usage_rate_last_10) AS usage_rate_last_10,
    COALESCE(c.team_pace_last_10, t.pace) AS team_pace,
    COALESCE(c.team_off_rating_last_10, t.off_rating) AS team_off_rating,
    o.pace AS opponent_pace,
    o.def_rating AS opponent_def_rating,
    x.points_line AS vegas_points_line,
    IF(x.points_line IS NULL, 0, 1) AS has_vegas_line,
    COALESCE(c.games_played_season, f.games_played_season) AS games_played_season,
    x.injury_status,
    x.availability_assumed
  FROM context AS x
  LEFT JOIN cache AS c ON c.game_id = x.game_id AND c.player_lookup = x.player_lookup
  LEFT JOIN fallback AS f ON f.game_id = x.game_id AND f.player_lookup = x.player_lookup
  LEFT JOIN team_form AS t
    ON t.team_abbr = x.team_abbr AND t.game_date = x.game_date AND t.history_end = x.history_end
  LEFT JOIN team_form AS o
    ON o.team_abbr = x.opponent_team_abbr AND o.game_date = x.game_date AND o.history_end = x.history_end
),

sourced AS (
  SELECT
    *,
    [
      STRUCT('points_avg_last_5' AS feature, IF(points_avg_last_5 IS NULL, 'missing', form_source) AS source),
      STRUCT('points_avg_last_10' AS feature, IF(points_avg_last_10 IS NULL, 'missing', form_source) AS source),
      STRUCT('points_avg_season' AS feature, IF(points_avg_season IS NULL, 'missing', form_source) AS source),
      STRUCT('points_std_last_10' AS feature, IF(points_std_last_10 IS NULL, 'missing', form_source) AS source),
      STRUCT('games_in_last_7_days' AS feature, IF(games_in_last_7_days IS NULL, 'missing', 'calculated') AS source),
      STRUCT('home_away' AS feature, IF(home_away IS NULL, 'missing', 'calculated') AS source),
      STRUCT('back_to_back' AS feature, IF(back_to_back IS NULL, 'missing', 'calculated') AS source),
      STRUCT('days_rest' AS feature, IF(days_rest IS NULL, 'missing', 'calculated') AS source),
      STRUCT('playoff_game' AS feature, IF(playoff_game IS NULL, 'missing', 'calculated') AS source),
      STRUCT('minutes_avg_last_10' AS feature, IF(minutes_avg_last_10 IS NULL, 'missing', form_source) AS source),
      STRUCT('ppm_avg_last_10' AS feature, IF(ppm_avg_last_10 IS NULL, 'missing', form_source) AS source),
      STRUCT('usage_rate_last_10' AS feature, IF(usage_rate_last_10 IS NULL, 'missing', form_source) AS source),
      STRUCT('team_pace' AS feature, IF(team_pace IS NULL, 'missing', team_source) AS source),
      STRUCT('team_off_rating' AS feature, IF(team_off_rating IS NULL, 'missing', team_source) AS source),
      STRUCT('opponent_pace' AS feature, IF(opponent_pace IS NULL, 'missing', 'calculated') AS source),
      STRUCT('opponent_def_rating' AS feature, IF(opponent_def_rating IS NULL, 'missing', 'calculated') AS source),
      STRUCT('vegas_points_line' AS feature, IF(vegas_points_line IS NULL, 'missing', 'calculated') AS source),
      STRUCT('has_vegas_line' AS feature, IF(has_vegas_line IS NULL, 'missing', 'calculated') AS source)
    ] AS sources
  FROM features
),

required AS (
  SELECT
    s.*,
    ARRAY(
      SELECT AS STRUCT r.feature AS feature, r.source AS source
      FROM UNNEST(s.sources) AS r WITH OFFSET AS position
      WHERE r.feature IN (
        'points_avg_last_5', 'points_avg_last_10', 'points_avg_season', 'points_std_last_10',
        'games_in_last_7_days', 'home_away', 'back_to_back', 'minutes_avg_last_10', 'ppm_avg_last_10'
      )
      ORDER BY position
    ) AS required_sources
  FROM sourced AS s
),

final AS (
  SELECT
    r.game_date, r.game_id, r.tip_at, r.cutoff, r.player_lookup, r.player_id, r.player_name,
    r.team_abbr, r.opponent_team_abbr, r.feature_version,
    r.points_avg_last_5, r.points_avg_last_10, r.points_avg_season, r.points_std_last_10,
    r.games_in_last_7_days, r.home_away, r.back_to_back, r.days_rest, r.playoff_game,
    r.minutes_avg_last_10, r.ppm_avg_last_10, r.usage_rate_last_10, r.team_pace, r.team_off_rating,
    r.opponent_pace, r.opponent_def_rating, r.vegas_points_line, r.has_vegas_line,
    r.games_played_season, r.injury_status, r.availability_assumed,
    (
      SELECT ROUND(SUM(CASE s.source WHEN 'missing' THEN 0 WHEN 'phase3' THEN 87 ELSE 100 END) / COUNT(*), 2)
      FROM UNNEST(r.required_sources) AS s
    ) AS quality_score,
    ARRAY(
      SELECT s.feature
      FROM UNNEST(r.required_sources) AS s WITH OFFSET AS position
      WHERE s.source = 'missing'
      ORDER BY position
    ) AS missing_features,
    r.sources
  FROM required AS r
)

SELECT * FROM final
