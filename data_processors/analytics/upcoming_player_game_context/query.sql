WITH scheduled AS (
  SELECT
    game_id, game_date, season_year, season_type, home_team, away_team, tip_at,
    LEAST(
      IF(@lead_minutes IS NULL, LEAST(tip_at, @as_of), TIMESTAMP_SUB(tip_at, INTERVAL @lead_minutes MINUTE)),
      COALESCE(TIMESTAMP(DATETIME(game_date, TIME(@latest_hour, 0, 0)), 'America/New_York'), tip_at)
    ) AS cutoff
  FROM nba_raw.nba_schedule
  WHERE game_date BETWEEN @from_date AND @to_date
    AND status != 'POSTPONED'
    AND (@lead_minutes IS NOT NULL OR tip_at > @as_of)
),

-- History ends before the cutoff's Eastern date too: with an early cutoff, games in between are the future. The
-- date begins at four in the morning, as until then a game of the evening before may still be in play.
games AS (
  SELECT *, LEAST(game_date, DATE(TIMESTAMP_SUB(cutoff, INTERVAL 4 HOUR), 'America/New_York')) AS history_end
  FROM scheduled
),

sides AS (
  SELECT *, home_team AS team_abbr, away_team AS opponent_team_abbr, TRUE AS is_home FROM games
  UNION ALL
  SELECT *, away_team AS team_abbr, home_team AS opponent_team_abbr, FALSE AS is_home FROM games
),

-- Each past game with the date of the team's next one: it is the latest game on the dates in between.
team_games AS (
  SELECT
    team_abbr, game_id, game_date,
    ROW_NUMBER() OVER (PARTITION BY team_abbr ORDER BY game_date, game_id) AS game_number,
    LEAD(game_date) OVER (PARTITION BY team_abbr ORDER BY game_date, game_id) AS next_game_date
  FROM nba_analytics.team_offense_game_summary
  WHERE game_date >= DATE_SUB(@from_date, INTERVAL 400 DAY) AND game_date < @to_date
),

player_games AS (
  SELECT
    player_lookup, player_id, player_name, team_abbr, game_id, game_date, seconds_played, points,
    CAST(ROUND(usage_rate * 10000) AS INT64) AS usage_units,
    ROW_NUMBER() OVER by_date AS game_number,
    LAG(game_date) OVER by_date AS previous_game_date
  FROM nba_analytics.player_game_summary
  WHERE game_date >= DATE_SUB(@from_date, INTERVAL 400 DAY) AND game_date < @to_date
  WINDOW by_date AS (PARTITION BY player_lookup ORDER BY game_date, game_id)
),

latest_team_games AS (
  SELECT s.game_id, s.game_date, s.team_abbr, t.game_number, t.game_id AS last_team_game_id
  FROM sides AS s
  JOIN team_games AS t
    ON t.team_abbr = s.team_abbr
    AND t.game_date < s.history_end
    AND (t.next_game_date IS NULL OR t.next_game_date >= s.history_end)
),

-- The newest list of the team of the last seven days that was known at the cutoff.
roster_dates AS (
  SELECT s.game_id, s.team_abbr, MAX(r.game_date) AS listed_on, MAX(r.listed_at) AS listed_at
  FROM sides AS s
  JOIN nba_raw.espn_rosters AS r
    ON r.team_abbr = s.team_abbr
    AND r.game_date BETWEEN DATE_SUB(s.game_date, INTERVAL 7 DAY) AND s.game_date
    AND r.listed_at <= s.cutoff
  WHERE r.game_date BETWEEN DATE_SUB(@from_date, INTERVAL 7 DAY) AND @to_date
  GROUP BY s.game_id, s.team_abbr
),

rosters AS (
  SELECT
    d.game_id, d.team_abbr, r.player_id, r.player_lookup, r.player_name, r.position, r.birth_date, r.listed_at
  FROM roster_dates AS d
  JOIN nba_raw.espn_rosters AS r ON r.team_abbr = d.team_abbr AND r.game_date = d.listed_on
  WHERE r.game_date BETWEEN DATE_SUB(@from_date, INTERVAL 7 DAY) AND @to_date AND r.listed_at <= d.listed_at
),

-- A list whose names are all known is the whole team; with an unknown one on it, whoever played lately stays.
roster_teams AS (
  SELECT game_id, team_abbr, LOGICAL_AND(player_id IS NOT NULL) AS all_known
  FROM rosters
  GROUP BY game_id, team_abbr
),

rotation AS (
  SELECT DISTINCT l.game_id, l.team_abbr, p.player_lookup
  FROM latest_team_games AS l
  JOIN team_games AS t
    ON t.team_abbr = l.team_abbr AND t.game_number BETWEEN l.game_number - 14 AND l.game_number
    AND t.game_date >= DATE_SUB(l.game_date, INTERVAL 400 DAY)
  JOIN player_games AS p ON p.game_id = t.game_id AND p.team_abbr = t.team_abbr
),

named AS (
  SELECT game_id, team_abbr, player_lookup, player_id, player_name, position, birth_date, listed_at
  FROM rosters
  WHERE player_id IS NOT NULL
  UNION ALL
  SELECT
    r.game_id, r.team_abbr, r.player_lookup,
    CAST(NULL AS INT64) AS player_id, CAST(NULL AS STRING) AS player_name, CAST(NULL AS STRING) AS position,
    CAST(NULL AS DATE) AS birth_date, CAST(NULL AS TIMESTAMP) AS listed_at
  FROM rotation AS r
  LEFT JOIN roster_teams AS k ON k.game_id = r.game_id AND k.team_abbr = r.team_abbr
  WHERE k.all_known IS NULL OR NOT k.all_known
),

named_sides AS (
  SELECT s.*, n.* EXCEPT (game_id, team_abbr)
  FROM sides AS s
  JOIN named AS n ON n.game_id = s.game_id AND n.team_abbr = s.team_abbr
),

-- An as-of join by one sort: the highest game number so far is the latest game before each end of history.
timeline AS (
  SELECT player_lookup, DATE_ADD(game_date, INTERVAL 1 DAY) AS moment, 0 AS turn, game_number
  FROM player_games
  UNION ALL
  SELECT DISTINCT player_lookup, history_end AS moment, 1 AS turn, CAST(NULL AS INT64) AS game_number
  FROM named_sides
),

latest_player_games AS (
  SELECT
    player_lookup, moment AS history_end, turn,
    MAX(game_number) OVER (
      PARTITION BY player_lookup ORDER BY moment, turn ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS game_number
  FROM timeline
),

-- Whom no roster names has to have played his latest game for the team. Nobody plays twice on one date.
candidates AS (
  SELECT
    n.game_id, n.game_date, n.season_year, n.season_type, n.tip_at, n.cutoff, n.history_end,
    n.team_abbr, n.opponent_team_abbr, n.is_home,
    n.player_lookup, n.position, n.birth_date, n.listed_at IS NOT NULL AS is_on_roster,
    COALESCE(p.player_id, n.player_id) AS player_id,
    COALESCE(p.player_name, n.player_name) AS player_name,
    p.game_date AS last_game_date, p.game_id AS last_game_id, p.game_number, p.team_abbr AS last_team_abbr
  FROM named_sides AS n
  LEFT JOIN latest_player_games AS l
    ON l.player_lookup = n.player_lookup AND l.history_end = n.history_end AND l.turn = 1
  LEFT JOIN player_games AS p
    ON p.player_lookup = l.player_lookup
    AND p.game_number = l.game_number
    AND p.game_date >= DATE_SUB(n.game_date, INTERVAL 400 DAY)
  WHERE n.listed_at IS NOT NULL OR p.team_abbr = n.team_abbr
  QUALIFY ROW_NUMBER() OVER (
    PARTITION BY n.game_date, n.player_lookup
    ORDER BY n.listed_at DESC, IF(p.team_abbr = n.team_abbr, 0, 1), n.game_id, n.team_abbr
  ) = 1
),

candidate_lags AS (
  SELECT game_id, game_date, player_lookup, game_number, game_number - games_back AS wanted_number
  FROM candidates
  CROSS JOIN UNNEST(GENERATE_ARRAY(0, 14)) AS games_back
),

recent AS (
  SELECT
    c.game_id, c.player_lookup,
    COUNTIF(p.game_date > DATE_SUB(c.game_date, INTERVAL 7 DAY)) AS games_7,
    COUNTIF(p.game_date > DATE_SUB(c.game_date, INTERVAL 14 DAY)) AS games_14,
    SUM(IF(p.game_date > DATE_SUB(c.game_date, INTERVAL 7 DAY), p.seconds_played, 0)) AS seconds_7,
    SUM(IF(p.game_date > DATE_SUB(c.game_date, INTERVAL 14 DAY), p.seconds_played, 0)) AS seconds_14,
    COUNTIF(
      p.game_date > DATE_SUB(c.game_date, INTERVAL 14 DAY)
      AND p.previous_game_date = DATE_SUB(p.game_date, INTERVAL 1 DAY)
    ) AS back_to_backs_14,
    COUNTIF(p.game_number > c.game_number - 10) AS games_10,
    SUM(IF(p.game_number > c.game_number - 10, p.seconds_played, 0)) AS seconds_10,
    SUM(IF(p.game_number > c.game_number - 10, p.points, 0)) AS points_10,
    SUM(IF(p.game_number > c.game_number - 10, p.usage_units, 0)) AS usage_units_10,
    COUNTIF(p.game_number > c.game_number - 10 AND p.usage_units IS NOT NULL) AS usage_games_10
  FROM candidate_lags AS c
  JOIN player_games AS p
    ON p.player_lookup = c.player_lookup
    AND p.game_number = c.wanted_number
    AND p.game_date >= DATE_SUB(c.game_date, INTERVAL 400 DAY)
  GROUP BY c.game_id, c.player_lookup
),

-- #include ../upcoming_team_game_context/statuses.sql

-- He may have played in a game of his team that has no summary yet, so his load is not known either.
teams AS (
  SELECT
    game_id, team_abbr, opponent_days_rest, pace_last_10,
    COALESCE(STARTS_WITH(rest_missing_reason, 'no summary'), FALSE) AS lacks_last_game, rest_missing_reason,
    spread, total, implied_team_points, has_injury_report, availability_assumed
  FROM nba_analytics.upcoming_team_game_context
  WHERE game_date BETWEEN @from_date AND @to_date
),

-- load: the share of his team's plays that he usually ends, usage x minutes / 48, in ten-thousandths of a percent.
weighed AS (
  SELECT
    c.*, r.* EXCEPT (game_id, player_lookup),
    i.status, i.reason,
    i.status IN ('Out', 'Doubtful') AS is_out,
    COALESCE(c.last_game_id = l.last_team_game_id, FALSE) AS played_last,
    CAST(ROUND(
      SAFE_DIVIDE(r.usage_units_10, r.usage_games_10) * SAFE_DIVIDE(r.seconds_10, r.games_10) / 2880
    ) AS INT64) AS play_load,
    COALESCE(
      r.points_10 >= 18 * r.games_10 OR r.seconds_10 >= 28 * 60 * r.games_10
        OR (r.usage_games_10 >= 10 AND r.usage_units_10 >= 250000 * r.usage_games_10),
      FALSE
    ) AS is_star
  FROM candidates AS c
  LEFT JOIN recent AS r ON r.game_id = c.game_id AND r.player_lookup = c.player_lookup
  LEFT JOIN injuries AS i ON i.game_id = c.game_id AND i.player_lookup = c.player_lookup
  LEFT JOIN latest_team_games AS l ON l.game_id = c.game_id AND l.team_abbr = c.team_abbr
),

-- Team-mates out, himself left out of the count.
absences AS (
  SELECT
    game_id, player_lookup,
    SUM(IF(is_out, 1, 0)) OVER a_team - IF(is_out, 1, 0) AS out_count,
    SUM(IF(is_out AND is_star, 1, 0)) OVER a_team - IF(is_out AND is_star, 1, 0) AS star_count,
    SUM(IF(is_out, play_load, 0)) OVER a_team - IF(is_out, COALESCE(play_load, 0), 0) AS out_load,
    SUM(IF(is_out AND played_last, play_load, 0)) OVER a_team
      - IF(is_out AND played_last, COALESCE(play_load, 0), 0) AS new_out_load,
    SUM(IF(played_last, play_load, 0)) OVER a_team AS last_load
  FROM weighed
  WINDOW a_team AS (PARTITION BY game_id, team_abbr)
),

seen AS (
  SELECT
    l.*,
    COUNT(DISTINCT IF(l.is_main, l.snapshot_at, NULL)) OVER a_book AS snapshots,
    FIRST_VALUE(l.line) OVER (a_book ORDER BY IF(l.is_main, 0, 1), l.snapshot_at, l.provider) AS first_line
  FROM nba_analytics.points_line_snapshots AS l
  JOIN games AS g ON g.game_id = l.game_id
  WHERE l.game_date BETWEEN @from_date AND @to_date AND l.snapshot_at <= g.cutoff
  WINDOW a_book AS (PARTITION BY l.game_id, l.player_lookup, l.bookmaker)
),

newest_lines AS (
  SELECT * EXCEPT (first_line), IF(snapshots > 1, first_line, NULL) AS opening_line
  FROM seen
  WHERE provider != 'opening'
  QUALIFY RANK() OVER (
    PARTITION BY game_id, player_lookup, bookmaker ORDER BY provider DESC, snapshot_at DESC
  ) = 1
),

main_medians AS (
  SELECT
    game_id, player_lookup,
    PERCENTILE_CONT(line, 0.5) OVER (PARTITION BY game_id, player_lookup) AS points_line,
    PERCENTILE_CONT(opening_line, 0.5) OVER (PARTITION BY game_id, player_lookup) AS opening_points_line
  FROM newest_lines
  WHERE is_main
),

consensus AS (
  SELECT
    game_id, player_lookup, MAX(points_line) AS points_line, MAX(opening_points_line) AS opening_points_line
  FROM main_medians
  GROUP BY game_id, player_lookup
),

offered AS (
  SELECT
    game_id, player_lookup,
    ARRAY_AGG(
      STRUCT(
        bookmaker AS bookmaker, line AS line, over_price AS over_price, under_price AS under_price,
        is_main AS is_main, snapshot_at AS snapshot_at, provider AS provider,
        IF(is_main, opening_line, NULL) AS opening_line,
        IF(is_main, line - opening_line, NULL) AS line_movement
      )
      ORDER BY bookmaker, line
    ) AS lines,
    COUNT(DISTINCT bookmaker) AS bookmaker_count
  FROM newest_lines
  GROUP BY game_id, player_lookup
),

final AS (
  SELECT
    w.game_date, w.game_id, w.tip_at, w.cutoff, w.history_end, w.season_year, w.season_type,
    w.player_lookup, w.player_id, w.player_name, w.team_abbr, w.opponent_team_abbr, w.is_home,
    w.is_on_roster,
    w.position,
    DATE_DIFF(w.game_date, w.birth_date, YEAR)
      - IF(FORMAT_DATE('%m%d', w.game_date) < FORMAT_DATE('%m%d', w.birth_date), 1, 0) AS player_age,
    w.last_game_date,
    w.last_team_abbr != w.team_abbr AS is_new_to_team,
    IF(t.lacks_last_game, NULL, DATE_DIFF(w.game_date, w.last_game_date, DAY) - 1) AS days_rest,
    IF(t.lacks_last_game, NULL, DATE_DIFF(w.game_date, w.last_game_date, DAY) = 1) AS back_to_back,
    CASE
      WHEN t.lacks_last_game THEN t.rest_missing_reason
      WHEN w.last_game_date IS NULL THEN 'no game in 400 days'
    END AS rest_missing_reason,
    IF(t.lacks_last_game, NULL, COALESCE(w.games_7, 0)) AS games_in_last_7_days,
    IF(t.lacks_last_game, NULL, COALESCE(w.games_14, 0)) AS games_in_last_14_days,
    IF(t.lacks_last_game, NULL, COALESCE(w.seconds_7, 0) / 60) AS minutes_in_last_7_days,
    IF(t.lacks_last_game, NULL, COALESCE(w.seconds_14, 0) / 60) AS minutes_in_last_14_days,
    IF(t.lacks_last_game, NULL, SAFE_DIVIDE(w.seconds_7, 60 * w.games_7)) AS avg_minutes_per_game_last_7,
    IF(t.lacks_last_game, NULL, COALESCE(w.back_to_backs_14, 0)) AS back_to_backs_last_14_days,
    ROUND(SAFE_DIVIDE(w.usage_units_10, 10000 * w.usage_games_10), 4) AS usage_rate_last_10,
    t.opponent_days_rest,
    o.pace_last_10 - t.pace_last_10 AS pace_differential,
    w.status AS injury_status,
    w.reason AS injury_reason,
    t.has_injury_report,
    t.availability_assumed,
    IF(t.has_injury_report, a.out_count, NULL) AS teammates_out,
    IF(t.has_injury_report, a.star_count, NULL) AS star_teammates_out,
    IF(t.has_injury_report, a.out_load / 10000, NULL) AS teammates_out_usage,
    IF(t.has_injury_report, a.new_out_load / 10000, NULL) AS new_teammates_out_usage,
    IF(
      t.has_injury_report AND a.new_out_load < a.last_load,
      ROUND(
        SAFE_DIVIDE(w.usage_units_10, 10000 * w.usage_games_10)
          * SAFE_DIVIDE(a.last_load, a.last_load - a.new_out_load),
        4
      ),
      NULL
    ) AS projected_usage_rate,
    t.spread AS game_spread,
    t.total AS game_total,
    t.implied_team_points,
    f.lines,
    COALESCE(f.bookmaker_count, 0) AS bookmaker_count,
    m.points_line,
    m.opening_points_line,
    m.points_line - m.opening_points_line AS line_movement
  FROM weighed AS w
  JOIN absences AS a ON a.game_id = w.game_id AND a.player_lookup = w.player_lookup
  JOIN teams AS t ON t.game_id = w.game_id AND t.team_abbr = w.team_abbr
  JOIN teams AS o ON o.game_id = w.game_id AND o.team_abbr = w.opponent_team_abbr
  LEFT JOIN offered AS f ON f.game_id = w.game_id AND f.player_lookup = w.player_lookup
  LEFT JOIN consensus AS m ON m.game_id = w.game_id AND m.player_lookup = w.player_lookup
)

SELECT * FROM final
