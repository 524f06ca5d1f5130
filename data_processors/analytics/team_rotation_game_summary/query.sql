WITH
-- #include states.sql

numbered_team_games AS (
  SELECT
    team_abbr, opponent_team_abbr, game_id, game_date, season_year,
    ROW_NUMBER() OVER (PARTITION BY team_abbr ORDER BY game_date, game_id) AS game_number,
    ROW_NUMBER() OVER (PARTITION BY team_abbr, season_year ORDER BY game_date, game_id) AS season_game_number
  FROM nba_analytics.team_offense_game_summary
  WHERE game_date >= DATE_SUB(@from_date, INTERVAL 400 DAY) AND game_date <= @to_date
),

team_games AS (
  SELECT * FROM numbered_team_games WHERE game_date BETWEEN @from_date AND @to_date
),

games AS (
  SELECT game_id, tip_at AS cutoff
  FROM nba_raw.nba_schedule
  WHERE game_date BETWEEN @from_date AND @to_date
),

-- The rotation before a game: whose latest game was for the team, at most 15 of its games ago, this season's or,
-- in its first five games, the last one's.
earlier AS (
  SELECT
    t.game_id, t.team_abbr, t.game_date, t.season_year, t.season_game_number, games_back, e.game_id AS earlier_game_id
  FROM team_games AS t
  CROSS JOIN UNNEST(GENERATE_ARRAY(1, 15)) AS games_back
  JOIN numbered_team_games AS e ON e.team_abbr = t.team_abbr AND e.game_number = t.game_number - games_back
),

rotation AS (
  SELECT e.game_id, e.team_abbr, e.games_back - 1 AS games_missed, s.* EXCEPT (game_id, team_abbr, game_date, points)
  FROM earlier AS e
  JOIN states AS s ON s.game_id = e.earlier_game_id AND s.team_abbr = e.team_abbr
  WHERE (s.next_game_date IS NULL OR s.next_game_date >= e.game_date)
    AND (s.season_year = e.season_year OR e.season_game_number <= 5)
),

-- As in the contexts, until the tip.
-- #include ../upcoming_team_game_context/statuses.sql

reporting_teams AS (
  SELECT t.game_id, t.team_abbr
  FROM team_games AS t
  JOIN (SELECT DISTINCT game_id FROM statuses) AS g ON g.game_id = t.game_id
  LEFT JOIN silent_teams AS q ON q.game_id = t.game_id AND q.team_abbr = t.team_abbr
  WHERE q.game_id IS NULL
),

-- Who plays less than 18 minutes changes little when he is out, and older archives list coach's decisions too.
members AS (
  SELECT
    r.*,
    p.player_lookup IS NOT NULL AS played,
    p.player_lookup IS NULL AND r.minutes_8 >= 18 AS is_absent,
    COALESCE(i.status IN ('Out', 'Doubtful'), FALSE) AND r.minutes_8 >= 18 AS is_out,
    NOT COALESCE(i.status IN ('Out', 'Doubtful'), FALSE) AND (r.games_missed = 0 OR r.minutes_8 >= 18) AS is_available
  FROM rotation AS r
  LEFT JOIN nba_analytics.player_game_summary AS p
    ON p.game_id = r.game_id AND p.team_abbr = r.team_abbr AND p.player_lookup = r.player_lookup
    AND p.game_date BETWEEN @from_date AND @to_date
  LEFT JOIN injuries AS i ON i.game_id = r.game_id AND i.player_lookup = r.player_lookup
),

sums AS (
  SELECT
    m.game_id, m.team_abbr,
    ROUND(SUM(IF(is_absent, minutes_8, 0)), 6) AS absent_minutes,
    ROUND(SUM(IF(is_absent, points_8, 0)), 6) AS absent_points,
    ROUND(SUM(IF(played, minutes_8, 0)), 6) AS played_minutes,
    ROUND(SUM(IF(played, points_8, 0)), 6) AS played_points,
    ROUND(SUM(IF(is_out, minutes_8, 0)), 6) AS out_minutes,
    ROUND(SUM(IF(is_out, points_8, 0)), 6) AS out_points,
    ROUND(SUM(IF(is_out, plays_8, 0)), 6) AS out_plays,
    ROUND(SUM(IF(is_out, minutes_8 * size, 0)), 6) AS out_size,
    ROUND(SUM(IF(is_available, minutes_8, 0)), 6) AS available_minutes,
    ROUND(SUM(IF(is_available, points_8, 0)), 6) AS available_points,
    ROUND(SUM(IF(is_available, minutes_8 * size, 0)), 6) AS available_size
  FROM members AS m
  GROUP BY m.game_id, m.team_abbr
),

-- What the opponent's players scored beyond their usual, in all and by the big ones.
before_it AS (
  SELECT
    p.game_id, p.opponent_team_abbr AS team_abbr, p.points - s.points_15 AS beyond, GREATEST(s.size, 0) AS bigness
  FROM nba_analytics.player_game_summary AS p
  JOIN states AS s ON s.player_lookup = p.player_lookup AND s.next_game_date = p.game_date
  WHERE p.game_date BETWEEN @from_date AND @to_date
    AND s.game_date >= DATE_SUB(p.game_date, INTERVAL 400 DAY)
),

allowed AS (
  SELECT
    game_id, team_abbr,
    ROUND(SUM(beyond), 6) AS points_allowed_beyond_usual,
    ROUND(SUM(beyond * bigness), 6) AS big_points_allowed_beyond_usual,
    ROUND(SUM(bigness), 6) AS opponent_bigness
  FROM before_it
  GROUP BY game_id, team_abbr
),

final AS (
  SELECT
    t.game_id, t.game_date, t.season_year, t.team_abbr, t.opponent_team_abbr,
    s.absent_minutes, s.absent_points, s.played_minutes, s.played_points,
    IF(g.game_id IS NULL, NULL, s.out_minutes) AS out_minutes,
    IF(g.game_id IS NULL, NULL, s.out_points) AS out_points,
    IF(g.game_id IS NULL, NULL, s.out_plays) AS out_plays,
    IF(g.game_id IS NULL, NULL, s.out_size) AS out_size,
    IF(g.game_id IS NULL, NULL, s.available_minutes) AS available_minutes,
    IF(g.game_id IS NULL, NULL, s.available_points) AS available_points,
    IF(g.game_id IS NULL, NULL, s.available_size) AS available_size,
    a.points_allowed_beyond_usual, a.big_points_allowed_beyond_usual, a.opponent_bigness
  FROM team_games AS t
  LEFT JOIN sums AS s ON s.game_id = t.game_id AND s.team_abbr = t.team_abbr
  LEFT JOIN reporting_teams AS g ON g.game_id = t.game_id AND g.team_abbr = t.team_abbr
  LEFT JOIN allowed AS a ON a.game_id = t.game_id AND a.team_abbr = t.team_abbr
)

SELECT * FROM final
