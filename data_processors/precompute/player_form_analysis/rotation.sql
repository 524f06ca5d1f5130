-- The rotation of each team of `sides` before its game, as in team_rotation_game_summary, with who is reported out.
rotation_slots AS (
  SELECT
    s.game_id, s.team_abbr, s.history_end, s.season_year, s.has_injury_report, l.team_games_season, games_back,
    l.last_number + 1 - games_back AS wanted_number
  FROM sides AS s
  JOIN team_latest AS l ON l.game_id = s.game_id AND l.team_abbr = s.team_abbr
  CROSS JOIN UNNEST(GENERATE_ARRAY(1, 15)) AS games_back
),

numbered_states AS (
  SELECT s.*, h.game_number
  FROM states AS s
  JOIN team_history AS h ON h.game_id = s.game_id AND h.team_abbr = s.team_abbr
),

members AS (
  SELECT
    e.game_id, e.team_abbr, e.has_injury_report, e.games_back - 1 AS games_missed,
    s.* EXCEPT (game_id, team_abbr, game_date, season_year, next_game_date, points, points_15, game_number),
    COALESCE(p.is_reported_out, FALSE) AND s.minutes_8 >= 18 AS is_out,
    NOT COALESCE(p.is_reported_out, FALSE) AND (e.games_back = 1 OR s.minutes_8 >= 18) AS is_available
  FROM rotation_slots AS e
  JOIN numbered_states AS s ON s.team_abbr = e.team_abbr AND s.game_number = e.wanted_number
  LEFT JOIN players AS p ON p.game_id = e.game_id AND p.player_lookup = s.player_lookup
  WHERE (s.next_game_date IS NULL OR s.next_game_date >= e.history_end)
    AND (s.season_year = e.season_year OR e.team_games_season < 5)
),

rotation_today AS (
  SELECT
    game_id, team_abbr,
    ROUND(SUM(IF(games_missed <= 2, minutes_8, 0)), 6) AS rotation_minutes,
    ROUND(SUM(IF(games_missed <= 2, points_8, 0)), 6) AS rotation_points,
    ROUND(SUM(IF(games_missed BETWEEN 1 AND 3, minutes_8, 0)), 6) AS lately_missing_minutes,
    ROUND(SUM(IF(games_missed BETWEEN 1 AND 3, points_8, 0)), 6) AS lately_missing_points,
    ROUND(SUM(IF(has_injury_report, IF(is_out, minutes_8, 0), NULL)), 6) AS out_minutes_today,
    ROUND(SUM(IF(has_injury_report, IF(is_out, points_8, 0), NULL)), 6) AS out_points_today,
    ROUND(SUM(IF(has_injury_report, IF(is_out, plays_8, 0), NULL)), 6) AS out_plays_today,
    ROUND(SUM(IF(has_injury_report, IF(is_out, minutes_8 * size, 0), NULL)), 6) AS out_size_today,
    ROUND(SUM(IF(has_injury_report, IF(is_out AND games_missed = 0, minutes_8, 0), NULL)), 6) AS new_out_minutes_today,
    ROUND(SUM(IF(has_injury_report, IF(is_available, minutes_8, 0), NULL)), 6) AS available_minutes_today,
    ROUND(SUM(IF(has_injury_report, IF(is_available, minutes_4, 0), NULL)), 6) AS available_minutes_4_today,
    ROUND(SUM(IF(has_injury_report, IF(is_available, points_8, 0), NULL)), 6) AS available_points_today,
    ROUND(SUM(IF(has_injury_report, IF(is_available, plays_8, 0), NULL)), 6) AS available_plays_today,
    ROUND(SUM(IF(has_injury_report, IF(is_available, minutes_8 * size, 0), NULL)), 6) AS available_size_today
  FROM members
  GROUP BY game_id, team_abbr
),

-- Each player against the others of his rotation, weighed by how alike they are in size.
alike AS (
  SELECT
    a.game_id, a.team_abbr, a.player_lookup,
    a.player_lookup = b.player_lookup AS is_himself,
    b.minutes_8 * GREATEST(0, 1 - ABS(a.size - b.size)) AS alike_minutes,
    b.games_missed, b.is_out, b.is_available, b.has_injury_report, b.minutes_8 > a.minutes_8 AS plays_more
  FROM members AS a
  JOIN members AS b ON b.game_id = a.game_id AND b.team_abbr = a.team_abbr
),

alike_sums AS (
  SELECT
    game_id, team_abbr, player_lookup,
    ROUND(SUM(IF(NOT is_himself AND games_missed <= 2, alike_minutes, 0)), 6) AS alike_minutes_rotation,
    ROUND(SUM(IF(NOT is_himself AND games_missed BETWEEN 1 AND 3, alike_minutes, 0)), 6)
      AS alike_minutes_lately_missing,
    ROUND(SUM(IF(has_injury_report, IF(is_out, alike_minutes, 0), NULL)), 6) AS alike_minutes_out,
    ROUND(SUM(IF(has_injury_report, IF(is_out AND games_missed = 0, alike_minutes, 0), NULL)), 6)
      AS alike_minutes_new_out,
    ROUND(SUM(IF(has_injury_report, IF(is_available AND games_missed > 0, alike_minutes, 0), NULL)), 6)
      AS alike_minutes_returning,
    ROUND(SUM(IF(has_injury_report, IF(is_available AND NOT is_himself, alike_minutes, 0), NULL)), 6)
      AS alike_minutes_available,
    ROUND(SUM(
      IF(has_injury_report, IF(is_available AND NOT is_himself AND plays_more, alike_minutes, 0), NULL)
    ), 6) AS alike_minutes_above
  FROM alike
  GROUP BY game_id, team_abbr, player_lookup
),

ranked AS (
  SELECT
    game_id, team_abbr, player_lookup, has_injury_report, is_available,
    RANK() OVER (PARTITION BY game_id, team_abbr ORDER BY minutes_8 DESC) AS rotation_rank,
    RANK() OVER (PARTITION BY game_id, team_abbr, is_out, is_available ORDER BY minutes_8 DESC) AS minutes_rank,
    RANK() OVER (PARTITION BY game_id, team_abbr, is_out, is_available ORDER BY points_8 DESC) AS points_rank
  FROM members
),

own_rotation AS (
  SELECT
    k.game_id, k.team_abbr, k.player_lookup,
    k.rotation_rank,
    IF(k.has_injury_report, IF(k.is_available, 1, 0), NULL) AS is_available_today,
    IF(k.has_injury_report, k.minutes_rank, NULL) AS minutes_rank_today,
    IF(k.has_injury_report, k.points_rank, NULL) AS points_rank_today,
    a.* EXCEPT (game_id, team_abbr, player_lookup)
  FROM ranked AS k
  JOIN alike_sums AS a ON a.game_id = k.game_id AND a.team_abbr = k.team_abbr AND a.player_lookup = k.player_lookup
),
