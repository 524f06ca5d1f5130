WITH scheduled AS (
  SELECT
    game_id, game_date, season_year, season_type, home_team, away_team, tip_at,
    IF(@lead_minutes IS NULL, LEAST(tip_at, @as_of), TIMESTAMP_SUB(tip_at, INTERVAL @lead_minutes MINUTE)) AS cutoff
  FROM nba_raw.nba_schedule
  WHERE game_date BETWEEN @from_date AND @to_date
    AND status != 'POSTPONED'
    AND (@lead_minutes IS NOT NULL OR tip_at > @as_of)
),

-- History ends before the cutoff's Eastern date too: with an early cutoff, games in between are the future.
games AS (
  SELECT *, LEAST(game_date, DATE(cutoff, 'America/New_York')) AS history_end
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
    player_lookup, player_id, player_name, team_abbr, game_id, game_date, seconds_played,
    LEAD(game_date) OVER (PARTITION BY player_lookup ORDER BY game_date, game_id) AS next_game_date
  FROM nba_analytics.player_game_summary
  WHERE game_date >= DATE_SUB(@from_date, INTERVAL 400 DAY) AND game_date < @to_date
),

latest_team_games AS (
  SELECT s.game_id, s.game_date, s.team_abbr, t.game_number
  FROM sides AS s
  JOIN team_games AS t
    ON t.team_abbr = s.team_abbr
    AND t.game_date < s.history_end
    AND (t.next_game_date IS NULL OR t.next_game_date >= s.history_end)
),

rotation AS (
  SELECT DISTINCT l.game_id, l.team_abbr, p.player_lookup
  FROM latest_team_games AS l
  JOIN team_games AS t
    ON t.team_abbr = l.team_abbr AND t.game_number BETWEEN l.game_number - 14 AND l.game_number
    AND t.game_date >= DATE_SUB(l.game_date, INTERVAL 400 DAY)
  JOIN player_games AS p ON p.game_id = t.game_id AND p.team_abbr = t.team_abbr
),

candidates AS (
  SELECT
    s.*, p.player_lookup, p.player_id, p.player_name, p.game_date AS last_game_date
  FROM sides AS s
  JOIN rotation AS r ON r.game_id = s.game_id AND r.team_abbr = s.team_abbr
  JOIN player_games AS p
    ON p.player_lookup = r.player_lookup
    AND p.team_abbr = s.team_abbr
    AND p.game_date < s.history_end
    AND (p.next_game_date IS NULL OR p.next_game_date >= s.history_end)
),

workload AS (
  SELECT
    c.game_id, c.player_lookup,
    COUNTIF(p.game_date >= DATE_SUB(c.game_date, INTERVAL 7 DAY)) AS games_7,
    COUNT(*) AS games_14,
    SUM(IF(p.game_date >= DATE_SUB(c.game_date, INTERVAL 7 DAY), p.seconds_played, 0)) AS seconds_7,
    SUM(p.seconds_played) AS seconds_14
  FROM candidates AS c
  JOIN player_games AS p
    ON p.player_lookup = c.player_lookup
    AND p.game_date >= DATE_SUB(c.game_date, INTERVAL 14 DAY)
    AND p.game_date < c.history_end
  GROUP BY c.game_id, c.player_lookup
),

-- A report replaces the one before it: who is no longer on it is no longer hurt.
newest_reports AS (
  SELECT g.game_id, MAX(i.report_at) AS report_at
  FROM games AS g
  JOIN nba_raw.nba_injury_report AS i ON i.game_date = g.game_date AND i.report_at <= g.cutoff
  WHERE i.game_date BETWEEN @from_date AND @to_date AND NOT i.availability_assumed
  GROUP BY g.game_id
),

known_reports AS (
  SELECT i.game_id, i.player_lookup, i.status, i.reason, i.availability_assumed, i.report_at
  FROM nba_raw.nba_injury_report AS i
  JOIN games AS g ON g.game_id = i.game_id
  LEFT JOIN newest_reports AS n ON n.game_id = i.game_id
  WHERE i.game_date BETWEEN @from_date AND @to_date
    AND i.submitted
    AND i.report_at <= g.cutoff
    AND (i.availability_assumed OR i.report_at = n.report_at)
),

assumed_games AS (
  SELECT DISTINCT game_id FROM known_reports WHERE availability_assumed
),

injuries AS (
  SELECT game_id, player_lookup, status, reason
  FROM known_reports
  WHERE TRUE
  QUALIFY ROW_NUMBER() OVER (PARTITION BY game_id, player_lookup ORDER BY report_at DESC, status) = 1
),

newest_lines AS (
  SELECT
    o.game_id, o.player_lookup, o.bookmaker, o.line, o.over_price, o.under_price, o.snapshot_at,
    IF(o.over_price < 0, -o.over_price / (100 - o.over_price), 100 / (100 + o.over_price)) AS over_chance,
    IF(o.under_price < 0, -o.under_price / (100 - o.under_price), 100 / (100 + o.under_price)) AS under_chance
  FROM nba_raw.odds_player_props AS o
  JOIN games AS g ON g.game_id = o.game_id
  WHERE o.game_date BETWEEN @from_date AND @to_date
    AND o.market = 'player_points'
    AND o.snapshot_at <= g.cutoff
  QUALIFY RANK() OVER (
    PARTITION BY o.game_id, o.player_lookup, o.bookmaker ORDER BY o.snapshot_at DESC
  ) = 1
),

-- With both prices the distance from even is that between the sides; with one, from a half.
priced_lines AS (
  SELECT
    *,
    ROUND(COALESCE(
      ABS(over_chance - under_chance), ABS(2 * over_chance - 1), ABS(2 * under_chance - 1), 1
    ), 9) AS imbalance,
    PERCENTILE_CONT(line, 0.5) OVER (PARTITION BY game_id, player_lookup, bookmaker) AS middle
  FROM newest_lines
),

ranked_lines AS (
  SELECT
    *,
    ROW_NUMBER() OVER (
      PARTITION BY game_id, player_lookup, bookmaker ORDER BY imbalance, ABS(line - middle), line
    ) = 1 AS is_main
  FROM priced_lines
),

main_medians AS (
  SELECT game_id, player_lookup, PERCENTILE_CONT(line, 0.5) OVER (PARTITION BY game_id, player_lookup) AS median
  FROM ranked_lines
  WHERE is_main
),

consensus AS (
  SELECT game_id, player_lookup, MAX(median) AS points_line
  FROM main_medians
  GROUP BY game_id, player_lookup
),

offered AS (
  SELECT
    game_id, player_lookup,
    ARRAY_AGG(
      STRUCT(
        bookmaker AS bookmaker, line AS line, over_price AS over_price, under_price AS under_price,
        is_main AS is_main, snapshot_at AS snapshot_at
      )
      ORDER BY bookmaker, line
    ) AS lines,
    COUNT(DISTINCT bookmaker) AS bookmaker_count
  FROM ranked_lines
  GROUP BY game_id, player_lookup
),

final AS (
  SELECT
    c.game_date, c.game_id, c.tip_at, c.cutoff, c.season_year, c.season_type,
    c.player_lookup, c.player_id, c.player_name, c.team_abbr, c.opponent_team_abbr, c.is_home,
    c.last_game_date,
    DATE_DIFF(c.game_date, c.last_game_date, DAY) - 1 AS days_rest,
    DATE_DIFF(c.game_date, c.last_game_date, DAY) = 1 AS back_to_back,
    COALESCE(w.games_7, 0) AS games_in_last_7_days,
    COALESCE(w.games_14, 0) AS games_in_last_14_days,
    ROUND(COALESCE(w.seconds_7, 0) / 60, 4) AS minutes_in_last_7_days,
    ROUND(COALESCE(w.seconds_14, 0) / 60, 4) AS minutes_in_last_14_days,
    i.status AS injury_status,
    i.reason AS injury_reason,
    a.game_id IS NOT NULL AS availability_assumed,
    o.lines,
    COALESCE(o.bookmaker_count, 0) AS bookmaker_count,
    m.points_line
  FROM candidates AS c
  LEFT JOIN workload AS w ON w.game_id = c.game_id AND w.player_lookup = c.player_lookup
  LEFT JOIN injuries AS i ON i.game_id = c.game_id AND i.player_lookup = c.player_lookup
  LEFT JOIN assumed_games AS a ON a.game_id = c.game_id
  LEFT JOIN offered AS o ON o.game_id = c.game_id AND o.player_lookup = c.player_lookup
  LEFT JOIN consensus AS m ON m.game_id = c.game_id AND m.player_lookup = c.player_lookup
)

SELECT * FROM final
