-- How like the game at hand each earlier one was: opponent, rest, venue and form, each as it was before that game.
-- A game at the end of the lookback has its own lookback of 400 days, hence 800. Sums are of whole numbers, so a
-- rerun gives the same digits in any order of rows.
WITH players AS (
  SELECT
    game_date, game_id, tip_at, cutoff, history_end, season_year, player_lookup, team_abbr, opponent_team_abbr,
    is_home, days_rest, last_game_date
  FROM nba_analytics.upcoming_player_game_context
  WHERE game_date BETWEEN @from_date AND @to_date
    AND (@lead_minutes IS NOT NULL OR tip_at > @as_of)
),

defenses AS (
  SELECT
    game_id, game_date, team_abbr, points_allowed,
    CAST(ROUND(opponent_possessions * 10000) AS INT64) AS faced_units,
    ROW_NUMBER() OVER (PARTITION BY team_abbr ORDER BY game_date, game_id) AS game_number
  FROM nba_analytics.team_defense_game_summary
  WHERE game_date >= DATE_SUB(@from_date, INTERVAL 800 DAY) AND game_date < @to_date
),

-- The rating of a team before each of its games: its last 15, as upcoming_team_game_context has it.
ratings AS (
  SELECT
    d.game_id, d.game_date, d.team_abbr,
    1000000 * SUM(e.points_allowed) / SUM(e.faced_units) AS def_rating
  FROM defenses AS d
  JOIN defenses AS e
    ON e.team_abbr = d.team_abbr
    AND e.game_number BETWEEN d.game_number - 15 AND d.game_number - 1
    AND e.game_date >= DATE_SUB(d.game_date, INTERVAL 400 DAY)
  WHERE d.game_date >= DATE_SUB(@from_date, INTERVAL 400 DAY)
  GROUP BY d.game_id, d.game_date, d.team_abbr
),

league_days AS (
  SELECT game_date, SUM(points_allowed) AS points_allowed, SUM(faced_units) AS faced_units
  FROM defenses
  GROUP BY game_date
),

moments AS (
  SELECT DISTINCT game_date, game_date AS history_end FROM ratings
  UNION DISTINCT
  SELECT DISTINCT game_date, history_end FROM players
),

-- The reference's tiers, below 110 elite and below 115 average, are 2.5 to either side of an average of 112.5.
-- Here the average is the league's own over 400 days, so that a season of high scores has elite defenses too.
league AS (
  SELECT
    m.game_date, m.history_end,
    1000000 * SUM(l.points_allowed) / SUM(l.faced_units) AS def_rating
  FROM moments AS m
  JOIN league_days AS l
    ON l.game_date < m.history_end AND l.game_date >= DATE_SUB(m.game_date, INTERVAL 400 DAY)
  GROUP BY m.game_date, m.history_end
),

tiers AS (
  SELECT
    r.game_id, r.team_abbr,
    CASE
      WHEN r.def_rating < l.def_rating - 2.5 THEN 0
      WHEN r.def_rating < l.def_rating + 2.5 THEN 1
      WHEN r.def_rating IS NOT NULL AND l.def_rating IS NOT NULL THEN 2
    END AS tier
  FROM ratings AS r
  JOIN league AS l ON l.game_date = r.game_date AND l.history_end = r.game_date
),

opponents AS (
  SELECT game_id, team_abbr, cutoff, defensive_rating_last_15 AS def_rating
  FROM nba_precompute.team_defense_zone_analysis
  WHERE game_date BETWEEN @from_date AND @to_date
),

-- A season's games all lie within 800 days of a game of it that is at most 400 days old.
games AS (
  SELECT
    player_lookup, game_id, game_date, season_year, opponent_team_abbr, is_home, points,
    DATE_DIFF(game_date, LAG(game_date) OVER by_date, DAY) AS days_since,
    COUNT(*) OVER before AS games_before,
    SUM(points) OVER before AS points_before,
    COUNT(*) OVER five_before AS five_games_before,
    SUM(points) OVER five_before AS five_points_before,
    COUNT(*) OVER up_to AS games_up_to,
    SUM(points) OVER up_to AS points_up_to,
    COUNT(*) OVER five_up_to AS five_games_up_to,
    SUM(points) OVER five_up_to AS five_points_up_to
  FROM nba_analytics.player_game_summary
  WHERE game_date >= DATE_SUB(@from_date, INTERVAL 800 DAY) AND game_date < @to_date
  WINDOW
    by_date AS (PARTITION BY player_lookup ORDER BY game_date, game_id),
    in_season AS (PARTITION BY player_lookup, season_year ORDER BY game_date, game_id),
    before AS (in_season ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING),
    five_before AS (in_season ROWS BETWEEN 5 PRECEDING AND 1 PRECEDING),
    up_to AS (in_season ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW),
    five_up_to AS (in_season ROWS BETWEEN 4 PRECEDING AND CURRENT ROW)
),

-- Form: the last five games of the season against all of it, hot from 3 points more, cold from 3 fewer; NULL
-- before the first. Rest: whole days off, 3 for more; NULL when the game before was over 400 days ago.
past AS (
  SELECT
    g.player_lookup, g.game_id, g.game_date, g.season_year, g.is_home, g.points, t.tier,
    IF(g.days_since <= 400, LEAST(g.days_since - 1, 3), NULL) AS rest,
    CASE
      WHEN g.games_before = 0 THEN NULL
      WHEN g.five_points_before * g.games_before - g.points_before * g.five_games_before
        >= 3 * g.five_games_before * g.games_before THEN 1
      WHEN g.five_points_before * g.games_before - g.points_before * g.five_games_before
        <= -3 * g.five_games_before * g.games_before THEN -1
      ELSE 0
    END AS form,
    CASE
      WHEN g.five_points_up_to * g.games_up_to - g.points_up_to * g.five_games_up_to
        >= 3 * g.five_games_up_to * g.games_up_to THEN 1
      WHEN g.five_points_up_to * g.games_up_to - g.points_up_to * g.five_games_up_to
        <= -3 * g.five_games_up_to * g.games_up_to THEN -1
      ELSE 0
    END AS form_after
  FROM games AS g
  LEFT JOIN tiers AS t ON t.game_id = g.game_id AND t.team_abbr = g.opponent_team_abbr
),

situations AS (
  SELECT
    p.game_date, p.game_id, p.history_end, p.player_lookup, p.is_home,
    LEAST(p.days_rest, 3) AS rest,
    IF(g.season_year = p.season_year, g.form_after, NULL) AS form,
    CASE
      WHEN o.def_rating < l.def_rating - 2.5 THEN 0
      WHEN o.def_rating < l.def_rating + 2.5 THEN 1
      WHEN o.def_rating IS NOT NULL AND l.def_rating IS NOT NULL THEN 2
    END AS tier
  FROM players AS p
  LEFT JOIN past AS g ON g.player_lookup = p.player_lookup AND g.game_date = p.last_game_date
  LEFT JOIN opponents AS o
    ON o.game_id = p.game_id AND o.team_abbr = p.opponent_team_abbr AND o.cutoff = p.cutoff
  LEFT JOIN league AS l ON l.game_date = p.game_date AND l.history_end = p.history_end
),

-- What is unknown of either game is not alike.
scored AS (
  SELECT
    s.game_id, s.player_lookup, g.game_id AS past_game_id, g.game_date AS past_game_date, g.points,
    CASE ABS(s.tier - g.tier) WHEN 0 THEN 40 WHEN 1 THEN 20 ELSE 0 END
    + CASE ABS(s.rest - g.rest) WHEN 0 THEN 30 WHEN 1 THEN 15 ELSE 0 END
    + IF(s.is_home = g.is_home, 15, 0)
    + IF(s.form = g.form, 15, 5) AS score
  FROM situations AS s
  JOIN past AS g
    ON g.player_lookup = s.player_lookup
    AND g.game_date < s.history_end
    AND g.game_date >= DATE_SUB(s.game_date, INTERVAL 400 DAY)
),

chosen AS (
  SELECT game_id, player_lookup, points, score
  FROM scored
  WHERE score >= 70
  QUALIFY
    ROW_NUMBER() OVER (
      PARTITION BY game_id, player_lookup ORDER BY score DESC, past_game_date DESC, past_game_id DESC
    ) <= 20
),

sums AS (
  SELECT
    game_id, player_lookup,
    COUNT(*) AS similar_games,
    SUM(score) AS scores,
    SUM(score * points) AS weighted_points,
    SUM(points) AS points,
    SUM(points * points) AS squared_points
  FROM chosen
  GROUP BY game_id, player_lookup
),

final AS (
  SELECT
    p.game_date, p.game_id, p.tip_at, p.cutoff, p.player_lookup, p.team_abbr,
    COALESCE(s.similar_games, 0) AS similar_games,
    IF(s.similar_games >= 5, s.scores / s.similar_games, NULL) AS similarity_score_avg,
    IF(s.similar_games >= 5, s.weighted_points / s.scores, NULL) AS similarity_baseline,
    IF(s.similar_games >= 5, SQRT(
      (s.similar_games * s.squared_points - s.points * s.points) / (s.similar_games * (s.similar_games - 1))
    ), NULL) AS similarity_points_std,
    NULLIF(ARRAY_TO_STRING([
      IF(p.last_game_date IS NULL, 'no game in 400 days', NULL),
      IF(p.last_game_date IS NOT NULL AND c.tier IS NULL, 'no rating of the opponent or the league', NULL),
      IF(p.last_game_date IS NOT NULL AND COALESCE(s.similar_games, 0) < 5, 'fewer than five similar games', NULL)
    ], '; '), '') AS missing_reason
  FROM players AS p
  JOIN situations AS c ON c.game_id = p.game_id AND c.player_lookup = p.player_lookup
  LEFT JOIN sums AS s ON s.game_id = p.game_id AND s.player_lookup = p.player_lookup
)

SELECT * FROM final
