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

-- Whatever is scheduled before it is a game, also while its box score is not here or it is still to be played.
calendar AS (
  SELECT
    team_abbr, game_date, LEAD(game_date) OVER by_tip AS next_game_date
  FROM nba_raw.nba_schedule, UNNEST([home_team, away_team]) AS team_abbr
  WHERE game_date >= DATE_SUB(@from_date, INTERVAL 400 DAY) AND game_date < @to_date AND status != 'POSTPONED'
  WINDOW by_tip AS (PARTITION BY team_abbr ORDER BY game_date, tip_at)
),

latest_played AS (
  SELECT s.game_id, s.team_abbr, c.game_date AS last_played_date
  FROM sides AS s
  JOIN calendar AS c
    ON c.team_abbr = s.team_abbr
    AND c.game_date < s.game_date
    AND c.game_date >= DATE_SUB(s.game_date, INTERVAL 400 DAY)
    AND (c.next_game_date IS NULL OR c.next_game_date >= s.game_date)
),

-- Each past game with the date of the team's next one: it is the latest game on the dates in between.
team_games AS (
  SELECT
    o.team_abbr, o.game_id, o.game_date, o.season_year, o.points_scored, o.win_flag, o.margin,
    CAST(ROUND(o.game_possessions * 10000) AS INT64) AS possession_units,
    CAST(ROUND(o.pace * 10000) AS INT64) AS pace_units,
    d.points_allowed, d.opponent_ft_attempts, d.opponent_three_pt_attempts,
    CAST(ROUND(d.opponent_pace * 10000) AS INT64) AS opponent_pace_units,
    ROW_NUMBER() OVER by_date AS game_number,
    LEAD(o.game_date) OVER by_date AS next_game_date,
    ROW_NUMBER() OVER in_season AS season_number,
    SUM(IF(o.win_flag, 1, 0)) OVER in_season AS wins
  FROM nba_analytics.team_offense_game_summary AS o
  JOIN nba_analytics.team_defense_game_summary AS d
    ON d.game_id = o.game_id
    AND d.team_abbr = o.team_abbr
    AND d.game_date >= DATE_SUB(@from_date, INTERVAL 400 DAY) AND d.game_date < @to_date
  WHERE o.game_date >= DATE_SUB(@from_date, INTERVAL 400 DAY) AND o.game_date < @to_date
  WINDOW
    by_date AS (PARTITION BY o.team_abbr ORDER BY o.game_date, o.game_id),
    in_season AS (PARTITION BY o.team_abbr, o.season_year ORDER BY o.game_date, o.game_id)
),

-- A streak is counted from the latest game that ended otherwise.
streaks AS (
  SELECT
    *,
    season_number - COALESCE(MAX(IF(win_flag, NULL, season_number)) OVER in_season, 0) AS won_in_a_row,
    season_number - COALESCE(MAX(IF(win_flag, season_number, NULL)) OVER in_season, 0) AS lost_in_a_row
  FROM team_games
  WINDOW in_season AS (PARTITION BY team_abbr, season_year ORDER BY season_number)
),

latest_games AS (
  SELECT
    s.game_id, s.game_date, s.team_abbr, s.season_year,
    t.game_date AS last_game_date, t.game_number, t.margin, t.win_flag, t.season_year AS last_season_year,
    t.season_number, t.wins, t.won_in_a_row, t.lost_in_a_row
  FROM sides AS s
  JOIN streaks AS t
    ON t.team_abbr = s.team_abbr
    AND t.game_date < s.history_end
    AND t.game_date >= DATE_SUB(s.game_date, INTERVAL 400 DAY)
    AND (t.next_game_date IS NULL OR t.next_game_date >= s.history_end)
),

form AS (
  SELECT
    l.game_id, l.team_abbr,
    COUNT(*) AS games_15,
    COUNTIF(t.game_date > DATE_SUB(l.game_date, INTERVAL 7 DAY)) AS games_7_days,
    COUNTIF(t.game_date > DATE_SUB(l.game_date, INTERVAL 14 DAY)) AS games_14_days,
    COUNTIF(t.game_number > l.game_number - 10) AS games_10,
    SUM(IF(t.game_number > l.game_number - 10, t.pace_units, 0)) AS pace_units_10,
    SUM(IF(t.game_number > l.game_number - 10, t.points_scored, 0)) AS points_10,
    SUM(IF(t.game_number > l.game_number - 10, t.possession_units, 0)) AS possession_units_10,
    SUM(t.points_allowed) AS points_allowed,
    SUM(t.possession_units) AS faced_units,
    SUM(t.opponent_pace_units) AS opponent_pace_units,
    SUM(t.opponent_ft_attempts) AS ft_attempts_allowed,
    SUM(t.opponent_three_pt_attempts) AS three_pt_attempts_allowed
  FROM latest_games AS l
  JOIN team_games AS t
    ON t.team_abbr = l.team_abbr
    AND t.game_number BETWEEN l.game_number - 14 AND l.game_number
    AND t.game_date >= DATE_SUB(l.game_date, INTERVAL 400 DAY)
  GROUP BY l.game_id, l.team_abbr
),

-- A spread is the side's own; a total is the same for both. One board has one of each, so first and last suffice.
quoted AS (
  SELECT
    s.game_id, s.team_abbr, o.bookmaker, o.market,
    COUNT(DISTINCT o.snapshot_at) AS snapshots,
    MAX_BY(o.line, o.snapshot_at) AS last_line,
    MIN_BY(o.line, o.snapshot_at) AS first_line
  FROM sides AS s
  JOIN nba_raw.odds_game_lines AS o
    ON o.game_id = s.game_id
    AND o.snapshot_at <= s.cutoff
    AND (
      (o.market = 'spreads' AND o.side = IF(s.is_home, 'home', 'away'))
      OR (o.market = 'totals' AND o.side = 'over')
    )
  WHERE o.game_date BETWEEN @from_date AND @to_date
  GROUP BY s.game_id, s.team_abbr, o.bookmaker, o.market
),

medians AS (
  SELECT
    game_id, team_abbr, bookmaker, market,
    PERCENTILE_CONT(last_line, 0.5) OVER (PARTITION BY game_id, team_abbr, market) AS line,
    PERCENTILE_CONT(IF(snapshots > 1, first_line, NULL), 0.5) OVER (
      PARTITION BY game_id, team_abbr, market
    ) AS opening_line
  FROM quoted
),

market AS (
  SELECT
    game_id, team_abbr,
    COUNT(DISTINCT bookmaker) AS bookmakers,
    MAX(IF(market = 'spreads', line, NULL)) AS spread,
    MAX(IF(market = 'spreads', opening_line, NULL)) AS opening_spread,
    MAX(IF(market = 'totals', line, NULL)) AS total,
    MAX(IF(market = 'totals', opening_line, NULL)) AS opening_total
  FROM medians
  GROUP BY game_id, team_abbr
),

-- #include statuses.sql

reported_games AS (
  SELECT game_id, LOGICAL_OR(availability_assumed) AS availability_assumed
  FROM statuses
  GROUP BY game_id
),

reports AS (
  SELECT
    game_id, team_abbr,
    COUNTIF(status = 'Out') AS players_out,
    COUNTIF(status = 'Doubtful') AS players_doubtful,
    COUNTIF(status = 'Questionable') AS players_questionable
  FROM statuses
  WHERE submitted
  GROUP BY game_id, team_abbr
),

described AS (
  SELECT
    s.*,
    l.last_game_date,
    COALESCE(p.last_played_date > COALESCE(l.last_game_date, DATE '1900-01-01'), FALSE) AS lacks_last_game,
    p.last_played_date,
    l.margin AS last_game_margin,
    CASE WHEN l.win_flag THEN 'W' WHEN NOT l.win_flag THEN 'L' END AS last_game_result,
    COALESCE(l.last_season_year = s.season_year, FALSE) AS same_season,
    l.season_number, l.wins, l.won_in_a_row, l.lost_in_a_row
  FROM sides AS s
  LEFT JOIN latest_games AS l ON l.game_id = s.game_id AND l.team_abbr = s.team_abbr
  LEFT JOIN latest_played AS p ON p.game_id = s.game_id AND p.team_abbr = s.team_abbr
),

-- Rest since an older game than the latest would be a wrong number, so there is none.
rested AS (
  SELECT *, IF(lacks_last_game, NULL, DATE_DIFF(game_date, last_game_date, DAY) - 1) AS days_rest
  FROM described
),

final AS (
  SELECT
    d.game_date, d.game_id, d.tip_at, d.cutoff, d.history_end, d.season_year, d.season_type,
    d.team_abbr, d.opponent_team_abbr, d.is_home,
    d.last_game_date,
    d.days_rest,
    d.days_rest = 0 AS back_to_back,
    o.days_rest AS opponent_days_rest,
    CASE
      WHEN d.lacks_last_game THEN CONCAT('no summary yet of the game of ', CAST(d.last_played_date AS STRING))
      WHEN d.last_game_date IS NULL THEN 'no game in 400 days'
    END AS rest_missing_reason,
    IF(d.lacks_last_game, NULL, COALESCE(f.games_7_days, 0)) AS games_in_last_7_days,
    IF(d.lacks_last_game, NULL, COALESCE(f.games_14_days, 0)) AS games_in_last_14_days,
    IF(d.same_season, d.season_number, 0) + 1 AS game_number_in_season,
    IF(d.same_season, d.wins, 0) AS wins_season,
    IF(d.same_season, d.won_in_a_row, 0) AS win_streak,
    IF(d.same_season, d.lost_in_a_row, 0) AS loss_streak,
    d.last_game_margin,
    d.last_game_result,
    ROUND(SAFE_DIVIDE(f.pace_units_10, 10000 * f.games_10), 4) AS pace_last_10,
    SAFE_DIVIDE(1000000 * f.points_10, f.possession_units_10) AS off_rating_last_10,
    SAFE_DIVIDE(1000000 * f.points_allowed, f.faced_units) AS def_rating_last_15,
    ROUND(SAFE_DIVIDE(f.opponent_pace_units, 10000 * f.games_15), 4) AS opponent_pace_last_15,
    f.points_allowed / f.games_15 AS points_allowed_last_15,
    f.ft_attempts_allowed / f.games_15 AS ft_attempts_allowed_last_15,
    f.three_pt_attempts_allowed / f.games_15 AS three_pt_attempts_allowed_last_15,
    COALESCE(f.games_15, 0) AS games_in_last_15,
    m.spread,
    m.total,
    (m.total - m.spread) / 2 AS implied_team_points,
    m.opening_spread,
    m.spread - m.opening_spread AS spread_movement,
    m.opening_total,
    m.total - m.opening_total AS total_movement,
    COALESCE(m.bookmakers, 0) AS game_line_bookmakers,
    g.game_id IS NOT NULL AND q.game_id IS NULL AS has_injury_report,
    IF(g.game_id IS NOT NULL AND q.game_id IS NULL, COALESCE(r.players_out, 0), NULL) AS players_out,
    IF(g.game_id IS NOT NULL AND q.game_id IS NULL, COALESCE(r.players_doubtful, 0), NULL) AS players_doubtful,
    IF(g.game_id IS NOT NULL AND q.game_id IS NULL, COALESCE(r.players_questionable, 0), NULL)
      AS players_questionable,
    COALESCE(g.availability_assumed, FALSE) AS availability_assumed
  FROM rested AS d
  JOIN rested AS o ON o.game_id = d.game_id AND o.team_abbr = d.opponent_team_abbr
  LEFT JOIN form AS f ON f.game_id = d.game_id AND f.team_abbr = d.team_abbr
  LEFT JOIN market AS m ON m.game_id = d.game_id AND m.team_abbr = d.team_abbr
  LEFT JOIN reported_games AS g ON g.game_id = d.game_id
  LEFT JOIN silent_teams AS q ON q.game_id = d.game_id AND q.team_abbr = d.team_abbr
  LEFT JOIN reports AS r ON r.game_id = d.game_id AND r.team_abbr = d.team_abbr
)

SELECT * FROM final
