WITH
-- #include ../../analytics/team_rotation_game_summary/states.sql

players AS (
  SELECT
    game_date, game_id, tip_at, cutoff, history_end, season_year, player_lookup, player_id, team_abbr,
    opponent_team_abbr, last_game_date,
    COALESCE(injury_status IN ('Out', 'Doubtful'), FALSE) AS is_reported_out
  FROM nba_analytics.upcoming_player_game_context
  WHERE game_date BETWEEN @from_date AND @to_date
    AND (@lead_minutes IS NOT NULL OR tip_at > @as_of)
),

sides AS (
  SELECT game_date, game_id, history_end, season_year, team_abbr, last_game_date, has_injury_report,
    days_rest AS team_days_rest
  FROM nba_analytics.upcoming_team_game_context
  WHERE game_date BETWEEN @from_date AND @to_date
),

-- #include team_form.sql

-- #include rotation.sql

-- #include form.sql

final AS (
  SELECT
    p.game_date, p.game_id, p.tip_at, p.cutoff, p.player_lookup, p.team_abbr,
    f.* EXCEPT (game_id, player_lookup, last_team_abbr, last_team_game_number),
    IF(f.last_team_abbr = p.team_abbr, t.game_number - f.last_team_game_number, NULL) AS team_games_missed,
    r.* EXCEPT (game_id, team_abbr, player_lookup),
    s.* EXCEPT (game_id, team_abbr),
    o.out_minutes_today AS opponent_out_minutes,
    o.available_points_today AS opponent_available_points,
    d.team_days_rest,
    t.* EXCEPT (
      game_id, team_abbr, game_number, points_allowed_ewma_8, points_allowed_ewma_30,
      opponent_points_allowed_beyond_usual, opponent_big_allowed
    ),
    v.margin_ewma_8 AS opponent_margin_ewma_8,
    v.margin_ewma_30 AS opponent_margin_ewma_30,
    v.points_allowed_ewma_8 AS opponent_points_allowed_ewma_8,
    v.points_allowed_ewma_30 AS opponent_points_allowed_ewma_30,
    v.opponent_points_allowed_beyond_usual AS opponent_allowed_beyond_usual,
    v.opponent_big_allowed AS opponent_big_allowed_beyond_usual,
    NULLIF(ARRAY_TO_STRING([
      IF(f.game_id IS NULL, 'no game in 400 days', NULL),
      IF(f.game_id IS NOT NULL AND f.minutes_std_last_25 IS NULL, 'a single game', NULL),
      IF(f.game_id IS NOT NULL AND f.close_game_minutes_ewma_8 IS NULL, 'no close game', NULL),
      IF(COALESCE(d.has_injury_report, FALSE), NULL, 'no injury report of the team')
    ], '; '), '') AS missing_reason
  FROM players AS p
  LEFT JOIN form AS f ON f.game_id = p.game_id AND f.player_lookup = p.player_lookup
  LEFT JOIN own_rotation AS r
    ON r.game_id = p.game_id AND r.team_abbr = p.team_abbr AND r.player_lookup = p.player_lookup
  LEFT JOIN rotation_today AS s ON s.game_id = p.game_id AND s.team_abbr = p.team_abbr
  LEFT JOIN rotation_today AS o ON o.game_id = p.game_id AND o.team_abbr = p.opponent_team_abbr
  LEFT JOIN team_form AS t ON t.game_id = p.game_id AND t.team_abbr = p.team_abbr
  LEFT JOIN sides AS d ON d.game_id = p.game_id AND d.team_abbr = p.team_abbr
  LEFT JOIN team_form AS v ON v.game_id = p.game_id AND v.team_abbr = p.opponent_team_abbr
)

SELECT * FROM final
