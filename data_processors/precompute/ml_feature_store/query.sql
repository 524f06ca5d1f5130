WITH context AS (
  SELECT *
  FROM nba_analytics.upcoming_player_game_context
  WHERE game_date BETWEEN @from_date AND @to_date
    AND (@lead_minutes IS NOT NULL OR tip_at > @as_of)
),

teams AS (
  SELECT *
  FROM nba_analytics.upcoming_team_game_context
  WHERE game_date BETWEEN @from_date AND @to_date
),

-- A row that is older than the context, or of another cutoff, is of what was known at another moment: phase 3 stands
-- in for it, and for the longer form and the similar games nothing does.
cache AS (
  SELECT r.*
  FROM nba_precompute.player_daily_cache AS r
  JOIN context AS x ON x.game_id = r.game_id AND x.player_lookup = r.player_lookup
  WHERE r.game_date BETWEEN @from_date AND @to_date AND r.generation >= x.generation AND r.cutoff = x.cutoff
),

factors AS (
  SELECT r.*
  FROM nba_precompute.player_composite_factors AS r
  JOIN context AS x ON x.game_id = r.game_id AND x.player_lookup = r.player_lookup
  WHERE r.game_date BETWEEN @from_date AND @to_date AND r.generation >= x.generation AND r.cutoff = x.cutoff
),

shot_zones AS (
  SELECT r.*
  FROM nba_precompute.player_shot_zone_analysis AS r
  JOIN context AS x ON x.game_id = r.game_id AND x.player_lookup = r.player_lookup
  WHERE r.game_date BETWEEN @from_date AND @to_date AND r.generation >= x.generation AND r.cutoff = x.cutoff
),

defenses AS (
  SELECT r.*
  FROM nba_precompute.team_defense_zone_analysis AS r
  JOIN teams AS x ON x.game_id = r.game_id AND x.team_abbr = r.team_abbr
  WHERE r.game_date BETWEEN @from_date AND @to_date AND r.generation >= x.generation AND r.cutoff = x.cutoff
),

longer_form AS (
  SELECT r.*
  FROM nba_precompute.player_form_analysis AS r
  JOIN context AS x ON x.game_id = r.game_id AND x.player_lookup = r.player_lookup
  WHERE r.game_date BETWEEN @from_date AND @to_date AND r.generation >= x.generation AND r.cutoff = x.cutoff
),

similar AS (
  SELECT r.*
  FROM nba_precompute.player_similar_games AS r
  JOIN context AS x ON x.game_id = r.game_id AND x.player_lookup = r.player_lookup
  WHERE r.game_date BETWEEN @from_date AND @to_date AND r.generation >= x.generation AND r.cutoff = x.cutoff
),

-- What follows stands in for rows of phase 4 that are missing: the same computation, from phase 3 alone.
players AS (
  SELECT x.*
  FROM context AS x
  LEFT JOIN cache AS c ON c.game_id = x.game_id AND c.player_lookup = x.player_lookup
  WHERE c.game_id IS NULL
),

-- #include ../player_daily_cache/form.sql

shooters AS (
  SELECT x.game_id, x.game_date, x.player_lookup, x.last_game_date
  FROM context AS x
  LEFT JOIN shot_zones AS z ON z.game_id = x.game_id AND z.player_lookup = x.player_lookup
  WHERE z.game_id IS NULL
),

-- #include ../player_shot_zone_analysis/zones.sql

defenders AS (
  SELECT t.*
  FROM teams AS t
  LEFT JOIN defenses AS d ON d.game_id = t.game_id AND d.team_abbr = t.team_abbr
  WHERE d.game_id IS NULL
),

-- #include ../team_defense_zone_analysis/zones.sql

situations AS (
  SELECT
    x.*,
    COALESCE(z.primary_scoring_zone, y.primary_scoring_zone) AS primary_scoring_zone,
    COALESCE(z.paint_rate_last_10, y.paint_rate_last_10) AS paint_rate_last_10,
    COALESCE(z.mid_range_rate_last_10, y.mid_range_rate_last_10) AS mid_range_rate_last_10,
    COALESCE(z.three_pt_rate_last_10, y.three_pt_rate_last_10) AS three_pt_rate_last_10,
    COALESCE(d.paint_defense_vs_league_avg, w.paint_against_league) AS paint_defense_vs_league_avg,
    COALESCE(d.mid_range_defense_vs_league_avg, w.mid_range_against_league) AS mid_range_defense_vs_league_avg,
    COALESCE(d.three_pt_defense_vs_league_avg, w.three_pt_against_league) AS three_pt_defense_vs_league_avg
  FROM context AS x
  LEFT JOIN factors AS m ON m.game_id = x.game_id AND m.player_lookup = x.player_lookup
  LEFT JOIN shot_zones AS z ON z.game_id = x.game_id AND z.player_lookup = x.player_lookup
  LEFT JOIN zones AS y ON y.game_id = x.game_id AND y.player_lookup = x.player_lookup
  LEFT JOIN defenses AS d ON d.game_id = x.game_id AND d.team_abbr = x.opponent_team_abbr
  LEFT JOIN defense_zones AS w ON w.game_id = x.game_id AND w.team_abbr = x.opponent_team_abbr
  WHERE m.game_id IS NULL
),

-- #include ../player_composite_factors/scores.sql

features AS (
  SELECT
    x.game_date, x.game_id, x.tip_at, x.cutoff, x.player_lookup, x.player_id, x.player_name,
    x.team_abbr, x.opponent_team_abbr,
    'v3' AS feature_version,
    x.injury_status, x.has_injury_report, x.availability_assumed,
    t.game_number_in_season <= 10 AS early_season_flag,
    IF(c.game_id IS NULL, 'phase3', 'phase4') AS form_source,
    IF(c.game_id IS NULL, 'phase3', 'phase4') AS team_source,
    IF(m.game_id IS NULL, 'phase3', 'phase4') AS factors_source,
    IF(z.game_id IS NULL, 'phase3', 'phase4') AS zones_source,
    IF(d.game_id IS NULL, 'phase3', 'phase4') AS opponent_source,
    COALESCE(c.points_avg_last_5, f.points_avg_last_5) AS points_avg_last_5,
    COALESCE(c.points_avg_last_10, f.points_avg_last_10) AS points_avg_last_10,
    COALESCE(c.points_avg_season, f.points_avg_season) AS points_avg_season,
    COALESCE(c.points_std_last_10, f.points_std_last_10) AS points_std_last_10,
    x.games_in_last_7_days AS games_in_last_7_days,
    COALESCE(m.fatigue_score, s.fatigue_score) AS fatigue_score,
    COALESCE(m.shot_zone_mismatch_score, s.shot_zone_mismatch_score) AS shot_zone_mismatch_score,
    COALESCE(m.pace_score, s.pace_score) AS pace_score,
    COALESCE(m.usage_spike_score, s.usage_spike_score) AS usage_spike_score,
    GREATEST(-2, LEAST(2, x.days_rest - x.opponent_days_rest)) AS rest_advantage,
    CASE
      WHEN NOT x.has_injury_report THEN NULL
      WHEN x.injury_status IS NULL OR x.injury_status = 'Available' THEN 0
      WHEN x.injury_status = 'Probable' THEN 1
      WHEN x.injury_status = 'Questionable' THEN 2
      WHEN x.injury_status IN ('Doubtful', 'Out') THEN 3
    END AS injury_risk,
    COALESCE(c.recent_trend, f.recent_trend) AS recent_trend,
    COALESCE(c.minutes_change, f.minutes_change) AS minutes_change,
    COALESCE(d.defensive_rating_last_15, o.def_rating_last_15) AS opponent_def_rating,
    COALESCE(d.opponent_pace, o.opponent_pace_last_15) AS opponent_pace,
    CAST(x.is_home AS INT64) AS home_away,
    CAST(x.back_to_back AS INT64) AS back_to_back,
    IF(x.season_type = 'playoffs', 1, 0) AS playoff_game,
    COALESCE(z.paint_rate_last_10, y.paint_rate_last_10) / 100 AS pct_paint,
    COALESCE(z.mid_range_rate_last_10, y.mid_range_rate_last_10) / 100 AS pct_mid_range,
    COALESCE(z.three_pt_rate_last_10, y.three_pt_rate_last_10) / 100 AS pct_three,
    COALESCE(c.pct_free_throw, f.pct_free_throw) AS pct_free_throw,
    COALESCE(c.team_pace_last_10, t.pace_last_10) AS team_pace,
    COALESCE(c.team_off_rating_last_10, t.off_rating_last_10) AS team_off_rating,
    IF(t.game_number_in_season > 5, SAFE_DIVIDE(t.wins_season, t.game_number_in_season - 1), NULL) AS team_win_pct,
    x.points_line AS vegas_points_line,
    x.opening_points_line AS vegas_opening_line,
    x.line_movement AS vegas_line_move,
    IF(x.points_line IS NULL, 0, 1) AS has_vegas_line,
    COALESCE(c.avg_points_vs_opponent, f.avg_points_vs_opponent) AS avg_points_vs_opponent,
    COALESCE(c.games_vs_opponent, f.games_vs_opponent) AS games_vs_opponent,
    COALESCE(c.minutes_avg_last_10, f.minutes_avg_last_10) AS minutes_avg_last_10,
    COALESCE(c.ppm_avg_last_10, f.ppm_avg_last_10) AS ppm_avg_last_10,
    COALESCE(c.games_played_season, f.games_played_season) AS games_played_season,
    COALESCE(c.usage_rate_last_10, f.usage_rate_last_10) AS usage_rate_last_10,
    COALESCE(c.ts_pct_last_10, f.ts_pct_last_10) AS ts_pct_last_10,
    COALESCE(c.minutes_avg_season, f.minutes_avg_season) AS minutes_avg_season,
    COALESCE(c.minutes_std_last_10, f.minutes_std_last_10) AS minutes_std_last_10,
    COALESCE(c.last_game_minutes, f.last_game_minutes) AS last_game_minutes,
    COALESCE(c.start_rate_last_10, f.start_rate_last_10) AS start_rate_last_10,
    COALESCE(c.points_ewma_3, f.points_ewma_3) AS points_ewma_3,
    COALESCE(c.points_ewma_8, f.points_ewma_8) AS points_ewma_8,
    COALESCE(c.points_ewma_20, f.points_ewma_20) AS points_ewma_20,
    COALESCE(c.minutes_ewma_3, f.minutes_ewma_3) AS minutes_ewma_3,
    COALESCE(c.minutes_ewma_8, f.minutes_ewma_8) AS minutes_ewma_8,
    COALESCE(c.minutes_ewma_20, f.minutes_ewma_20) AS minutes_ewma_20,
    COALESCE(c.fg_attempts_ewma_8, f.fg_attempts_ewma_8) AS fg_attempts_ewma_8,
    COALESCE(c.three_pt_attempts_ewma_8, f.three_pt_attempts_ewma_8) AS three_pt_attempts_ewma_8,
    COALESCE(c.ft_attempts_ewma_8, f.ft_attempts_ewma_8) AS ft_attempts_ewma_8,
    COALESCE(c.usage_ewma_8, f.usage_ewma_8) AS usage_ewma_8,
    x.days_rest AS days_rest,
    x.games_in_last_14_days AS games_in_last_14_days,
    x.minutes_in_last_7_days AS minutes_in_last_7_days,
    CAST(x.is_new_to_team AS INT64) AS is_new_to_team,
    x.player_age AS player_age,
    x.projected_usage_rate AS projected_usage_rate,
    x.teammates_out AS teammates_out,
    x.teammates_out_usage AS teammates_out_usage,
    x.new_teammates_out_usage AS new_teammates_out_usage,
    x.game_spread AS game_spread,
    x.game_total AS game_total,
    x.implied_team_points AS implied_team_points,
    x.opponent_days_rest AS opponent_days_rest,
    o.points_allowed_last_15 AS opponent_points_allowed,
    o.ft_attempts_allowed_last_15 AS opponent_ft_attempts_allowed,
    o.three_pt_attempts_allowed_last_15 AS opponent_three_pt_attempts_allowed,
    g.similar_games AS similar_games,
    g.similarity_score_avg AS similarity_score_avg,
    g.similarity_baseline AS similarity_baseline,
    g.similarity_points_std AS similarity_points_std,
    a.size AS size,
    a.games_for_team_season AS games_for_team_season,
    a.minutes_median_last_10 AS minutes_median_last_10,
    a.minutes_ewma_2 AS minutes_ewma_2,
    a.minutes_ewma_4 AS minutes_ewma_4,
    a.minutes_ewma_30 AS minutes_ewma_30,
    a.points_ewma_2 AS points_ewma_2,
    a.points_ewma_30 AS points_ewma_30,
    a.plays_ewma_3 AS plays_ewma_3,
    a.plays_ewma_8 AS plays_ewma_8,
    a.fg_attempts_ewma_25 AS fg_attempts_ewma_25,
    a.ft_attempts_ewma_25 AS ft_attempts_ewma_25,
    a.fg_makes_ewma_20 AS fg_makes_ewma_20,
    a.ft_makes_ewma_20 AS ft_makes_ewma_20,
    a.three_pt_makes_ewma_20 AS three_pt_makes_ewma_20,
    a.defensive_rebounds_ewma_20 AS defensive_rebounds_ewma_20,
    a.regulation_minutes_ewma_5 AS regulation_minutes_ewma_5,
    a.close_game_minutes_ewma_8 AS close_game_minutes_ewma_8,
    a.points_avg_last_3 AS points_avg_last_3,
    a.minutes_avg_last_3 AS minutes_avg_last_3,
    a.minutes_std_last_25 AS minutes_std_last_25,
    a.last_game_points AS last_game_points,
    a.last_game_team_margin AS last_game_team_margin,
    a.last_game_played_minutes AS last_game_played_minutes,
    a.last_game_absent_minutes AS last_game_absent_minutes,
    a.absent_minutes_ewma_8 AS absent_minutes_ewma_8,
    a.absent_minutes_ewma_25 AS absent_minutes_ewma_25,
    a.absent_points_ewma_8 AS absent_points_ewma_8,
    a.played_points_ewma_8 AS played_points_ewma_8,
    a.last_game_out_minutes AS last_game_out_minutes,
    a.last_game_out_points AS last_game_out_points,
    a.last_game_out_size AS last_game_out_size,
    a.last_game_available_minutes AS last_game_available_minutes,
    a.out_minutes_ewma_3 AS out_minutes_ewma_3,
    a.out_minutes_ewma_8 AS out_minutes_ewma_8,
    a.out_minutes_ewma_25 AS out_minutes_ewma_25,
    a.out_points_ewma_3 AS out_points_ewma_3,
    a.out_points_ewma_8 AS out_points_ewma_8,
    a.out_points_ewma_25 AS out_points_ewma_25,
    a.out_plays_ewma_8 AS out_plays_ewma_8,
    a.out_size_ewma_8 AS out_size_ewma_8,
    a.available_minutes_ewma_8 AS available_minutes_ewma_8,
    a.available_minutes_ewma_25 AS available_minutes_ewma_25,
    a.available_points_ewma_8 AS available_points_ewma_8,
    a.available_size_ewma_8 AS available_size_ewma_8,
    a.team_games_missed AS team_games_missed,
    a.rotation_rank AS rotation_rank,
    a.is_available_today AS is_available_today,
    a.minutes_rank_today AS minutes_rank_today,
    a.points_rank_today AS points_rank_today,
    a.alike_minutes_rotation AS alike_minutes_rotation,
    a.alike_minutes_lately_missing AS alike_minutes_lately_missing,
    a.alike_minutes_out AS alike_minutes_out,
    a.alike_minutes_new_out AS alike_minutes_new_out,
    a.alike_minutes_returning AS alike_minutes_returning,
    a.alike_minutes_available AS alike_minutes_available,
    a.alike_minutes_above AS alike_minutes_above,
    a.rotation_minutes AS rotation_minutes,
    a.rotation_points AS rotation_points,
    a.lately_missing_minutes AS lately_missing_minutes,
    a.lately_missing_points AS lately_missing_points,
    a.out_minutes_today AS out_minutes_today,
    a.out_points_today AS out_points_today,
    a.out_plays_today AS out_plays_today,
    a.out_size_today AS out_size_today,
    a.new_out_minutes_today AS new_out_minutes_today,
    a.available_minutes_today AS available_minutes_today,
    a.available_minutes_4_today AS available_minutes_4_today,
    a.available_points_today AS available_points_today,
    a.available_plays_today AS available_plays_today,
    a.available_size_today AS available_size_today,
    a.opponent_out_minutes AS opponent_out_minutes,
    a.opponent_available_points AS opponent_available_points,
    a.team_days_rest AS team_days_rest,
    a.team_games_season AS team_games_season,
    a.team_last_margin AS team_last_margin,
    a.team_last_absent_minutes AS team_last_absent_minutes,
    a.team_last_absent_points AS team_last_absent_points,
    a.off_rating_ewma_8 AS off_rating_ewma_8,
    a.margin_ewma_8 AS margin_ewma_8,
    a.margin_ewma_30 AS margin_ewma_30,
    a.absolute_margin_ewma_15 AS absolute_margin_ewma_15,
    a.players_used_ewma_10 AS players_used_ewma_10,
    a.opponent_margin_ewma_8 AS opponent_margin_ewma_8,
    a.opponent_margin_ewma_30 AS opponent_margin_ewma_30,
    a.opponent_points_allowed_ewma_8 AS opponent_points_allowed_ewma_8,
    a.opponent_points_allowed_ewma_30 AS opponent_points_allowed_ewma_30,
    a.opponent_allowed_beyond_usual AS opponent_allowed_beyond_usual,
    a.opponent_big_allowed_beyond_usual AS opponent_big_allowed_beyond_usual
  FROM context AS x
  LEFT JOIN teams AS t ON t.game_id = x.game_id AND t.team_abbr = x.team_abbr
  LEFT JOIN teams AS o ON o.game_id = x.game_id AND o.team_abbr = x.opponent_team_abbr
  LEFT JOIN cache AS c ON c.game_id = x.game_id AND c.player_lookup = x.player_lookup
  LEFT JOIN form AS f ON f.game_id = x.game_id AND f.player_lookup = x.player_lookup
  LEFT JOIN factors AS m ON m.game_id = x.game_id AND m.player_lookup = x.player_lookup
  LEFT JOIN scores AS s ON s.game_id = x.game_id AND s.player_lookup = x.player_lookup
  LEFT JOIN shot_zones AS z ON z.game_id = x.game_id AND z.player_lookup = x.player_lookup
  LEFT JOIN zones AS y ON y.game_id = x.game_id AND y.player_lookup = x.player_lookup
  LEFT JOIN defenses AS d ON d.game_id = x.game_id AND d.team_abbr = x.opponent_team_abbr
  LEFT JOIN longer_form AS a ON a.game_id = x.game_id AND a.player_lookup = x.player_lookup
  LEFT JOIN similar AS g ON g.game_id = x.game_id AND g.player_lookup = x.player_lookup
),

-- Names in the manifest's order; ARRAY_TO_STRING leaves out what is NULL.
listed AS (
  SELECT
    *,
    COALESCE(ARRAY_TO_STRING([
      IF(points_avg_last_5 IS NULL, 'points_avg_last_5', NULL),
      IF(points_avg_last_10 IS NULL, 'points_avg_last_10', NULL),
      IF(points_avg_season IS NULL, 'points_avg_season', NULL),
      IF(points_std_last_10 IS NULL, 'points_std_last_10', NULL),
      IF(games_in_last_7_days IS NULL, 'games_in_last_7_days', NULL),
      IF(fatigue_score IS NULL, 'fatigue_score', NULL),
      IF(shot_zone_mismatch_score IS NULL, 'shot_zone_mismatch_score', NULL),
      IF(pace_score IS NULL, 'pace_score', NULL),
      IF(usage_spike_score IS NULL, 'usage_spike_score', NULL),
      IF(rest_advantage IS NULL, 'rest_advantage', NULL),
      IF(injury_risk IS NULL, 'injury_risk', NULL),
      IF(recent_trend IS NULL, 'recent_trend', NULL),
      IF(minutes_change IS NULL, 'minutes_change', NULL),
      IF(opponent_def_rating IS NULL, 'opponent_def_rating', NULL),
      IF(opponent_pace IS NULL, 'opponent_pace', NULL),
      IF(home_away IS NULL, 'home_away', NULL),
      IF(back_to_back IS NULL, 'back_to_back', NULL),
      IF(playoff_game IS NULL, 'playoff_game', NULL),
      IF(pct_paint IS NULL, 'pct_paint', NULL),
      IF(pct_mid_range IS NULL, 'pct_mid_range', NULL),
      IF(pct_three IS NULL, 'pct_three', NULL),
      IF(pct_free_throw IS NULL, 'pct_free_throw', NULL),
      IF(team_pace IS NULL, 'team_pace', NULL),
      IF(team_off_rating IS NULL, 'team_off_rating', NULL),
      IF(team_win_pct IS NULL, 'team_win_pct', NULL),
      IF(minutes_avg_last_10 IS NULL, 'minutes_avg_last_10', NULL),
      IF(ppm_avg_last_10 IS NULL, 'ppm_avg_last_10', NULL)
    ], ','), '') AS missing_required,
    COALESCE(ARRAY_TO_STRING([
      IF(vegas_points_line IS NULL, 'vegas_points_line', NULL),
      IF(vegas_opening_line IS NULL, 'vegas_opening_line', NULL),
      IF(vegas_line_move IS NULL, 'vegas_line_move', NULL),
      IF(has_vegas_line IS NULL, 'has_vegas_line', NULL),
      IF(avg_points_vs_opponent IS NULL, 'avg_points_vs_opponent', NULL),
      IF(games_vs_opponent IS NULL, 'games_vs_opponent', NULL),
      IF(games_played_season IS NULL, 'games_played_season', NULL),
      IF(usage_rate_last_10 IS NULL, 'usage_rate_last_10', NULL),
      IF(ts_pct_last_10 IS NULL, 'ts_pct_last_10', NULL),
      IF(minutes_avg_season IS NULL, 'minutes_avg_season', NULL),
      IF(minutes_std_last_10 IS NULL, 'minutes_std_last_10', NULL),
      IF(last_game_minutes IS NULL, 'last_game_minutes', NULL),
      IF(start_rate_last_10 IS NULL, 'start_rate_last_10', NULL),
      IF(points_ewma_3 IS NULL, 'points_ewma_3', NULL),
      IF(points_ewma_8 IS NULL, 'points_ewma_8', NULL),
      IF(points_ewma_20 IS NULL, 'points_ewma_20', NULL),
      IF(minutes_ewma_3 IS NULL, 'minutes_ewma_3', NULL),
      IF(minutes_ewma_8 IS NULL, 'minutes_ewma_8', NULL),
      IF(minutes_ewma_20 IS NULL, 'minutes_ewma_20', NULL),
      IF(fg_attempts_ewma_8 IS NULL, 'fg_attempts_ewma_8', NULL),
      IF(three_pt_attempts_ewma_8 IS NULL, 'three_pt_attempts_ewma_8', NULL),
      IF(ft_attempts_ewma_8 IS NULL, 'ft_attempts_ewma_8', NULL),
      IF(usage_ewma_8 IS NULL, 'usage_ewma_8', NULL),
      IF(days_rest IS NULL, 'days_rest', NULL),
      IF(games_in_last_14_days IS NULL, 'games_in_last_14_days', NULL),
      IF(minutes_in_last_7_days IS NULL, 'minutes_in_last_7_days', NULL),
      IF(is_new_to_team IS NULL, 'is_new_to_team', NULL),
      IF(player_age IS NULL, 'player_age', NULL),
      IF(projected_usage_rate IS NULL, 'projected_usage_rate', NULL),
      IF(teammates_out IS NULL, 'teammates_out', NULL),
      IF(teammates_out_usage IS NULL, 'teammates_out_usage', NULL),
      IF(new_teammates_out_usage IS NULL, 'new_teammates_out_usage', NULL),
      IF(game_spread IS NULL, 'game_spread', NULL),
      IF(game_total IS NULL, 'game_total', NULL),
      IF(implied_team_points IS NULL, 'implied_team_points', NULL),
      IF(opponent_days_rest IS NULL, 'opponent_days_rest', NULL),
      IF(opponent_points_allowed IS NULL, 'opponent_points_allowed', NULL),
      IF(opponent_ft_attempts_allowed IS NULL, 'opponent_ft_attempts_allowed', NULL),
      IF(opponent_three_pt_attempts_allowed IS NULL, 'opponent_three_pt_attempts_allowed', NULL),
      IF(similar_games IS NULL, 'similar_games', NULL),
      IF(similarity_score_avg IS NULL, 'similarity_score_avg', NULL),
      IF(similarity_baseline IS NULL, 'similarity_baseline', NULL),
      IF(similarity_points_std IS NULL, 'similarity_points_std', NULL),
      IF(size IS NULL, 'size', NULL),
      IF(games_for_team_season IS NULL, 'games_for_team_season', NULL),
      IF(minutes_median_last_10 IS NULL, 'minutes_median_last_10', NULL),
      IF(minutes_ewma_2 IS NULL, 'minutes_ewma_2', NULL),
      IF(minutes_ewma_4 IS NULL, 'minutes_ewma_4', NULL),
      IF(minutes_ewma_30 IS NULL, 'minutes_ewma_30', NULL),
      IF(points_ewma_2 IS NULL, 'points_ewma_2', NULL),
      IF(points_ewma_30 IS NULL, 'points_ewma_30', NULL),
      IF(plays_ewma_3 IS NULL, 'plays_ewma_3', NULL),
      IF(plays_ewma_8 IS NULL, 'plays_ewma_8', NULL),
      IF(fg_attempts_ewma_25 IS NULL, 'fg_attempts_ewma_25', NULL),
      IF(ft_attempts_ewma_25 IS NULL, 'ft_attempts_ewma_25', NULL),
      IF(fg_makes_ewma_20 IS NULL, 'fg_makes_ewma_20', NULL),
      IF(ft_makes_ewma_20 IS NULL, 'ft_makes_ewma_20', NULL),
      IF(three_pt_makes_ewma_20 IS NULL, 'three_pt_makes_ewma_20', NULL),
      IF(defensive_rebounds_ewma_20 IS NULL, 'defensive_rebounds_ewma_20', NULL),
      IF(regulation_minutes_ewma_5 IS NULL, 'regulation_minutes_ewma_5', NULL),
      IF(close_game_minutes_ewma_8 IS NULL, 'close_game_minutes_ewma_8', NULL),
      IF(points_avg_last_3 IS NULL, 'points_avg_last_3', NULL),
      IF(minutes_avg_last_3 IS NULL, 'minutes_avg_last_3', NULL),
      IF(minutes_std_last_25 IS NULL, 'minutes_std_last_25', NULL),
      IF(last_game_points IS NULL, 'last_game_points', NULL),
      IF(last_game_team_margin IS NULL, 'last_game_team_margin', NULL),
      IF(last_game_played_minutes IS NULL, 'last_game_played_minutes', NULL),
      IF(last_game_absent_minutes IS NULL, 'last_game_absent_minutes', NULL),
      IF(absent_minutes_ewma_8 IS NULL, 'absent_minutes_ewma_8', NULL),
      IF(absent_minutes_ewma_25 IS NULL, 'absent_minutes_ewma_25', NULL),
      IF(absent_points_ewma_8 IS NULL, 'absent_points_ewma_8', NULL),
      IF(played_points_ewma_8 IS NULL, 'played_points_ewma_8', NULL),
      IF(last_game_out_minutes IS NULL, 'last_game_out_minutes', NULL),
      IF(last_game_out_points IS NULL, 'last_game_out_points', NULL),
      IF(last_game_out_size IS NULL, 'last_game_out_size', NULL),
      IF(last_game_available_minutes IS NULL, 'last_game_available_minutes', NULL),
      IF(out_minutes_ewma_3 IS NULL, 'out_minutes_ewma_3', NULL),
      IF(out_minutes_ewma_8 IS NULL, 'out_minutes_ewma_8', NULL),
      IF(out_minutes_ewma_25 IS NULL, 'out_minutes_ewma_25', NULL),
      IF(out_points_ewma_3 IS NULL, 'out_points_ewma_3', NULL),
      IF(out_points_ewma_8 IS NULL, 'out_points_ewma_8', NULL),
      IF(out_points_ewma_25 IS NULL, 'out_points_ewma_25', NULL),
      IF(out_plays_ewma_8 IS NULL, 'out_plays_ewma_8', NULL),
      IF(out_size_ewma_8 IS NULL, 'out_size_ewma_8', NULL),
      IF(available_minutes_ewma_8 IS NULL, 'available_minutes_ewma_8', NULL),
      IF(available_minutes_ewma_25 IS NULL, 'available_minutes_ewma_25', NULL),
      IF(available_points_ewma_8 IS NULL, 'available_points_ewma_8', NULL),
      IF(available_size_ewma_8 IS NULL, 'available_size_ewma_8', NULL),
      IF(team_games_missed IS NULL, 'team_games_missed', NULL),
      IF(rotation_rank IS NULL, 'rotation_rank', NULL),
      IF(is_available_today IS NULL, 'is_available_today', NULL),
      IF(minutes_rank_today IS NULL, 'minutes_rank_today', NULL),
      IF(points_rank_today IS NULL, 'points_rank_today', NULL),
      IF(alike_minutes_rotation IS NULL, 'alike_minutes_rotation', NULL),
      IF(alike_minutes_lately_missing IS NULL, 'alike_minutes_lately_missing', NULL),
      IF(alike_minutes_out IS NULL, 'alike_minutes_out', NULL),
      IF(alike_minutes_new_out IS NULL, 'alike_minutes_new_out', NULL),
      IF(alike_minutes_returning IS NULL, 'alike_minutes_returning', NULL),
      IF(alike_minutes_available IS NULL, 'alike_minutes_available', NULL),
      IF(alike_minutes_above IS NULL, 'alike_minutes_above', NULL),
      IF(rotation_minutes IS NULL, 'rotation_minutes', NULL),
      IF(rotation_points IS NULL, 'rotation_points', NULL),
      IF(lately_missing_minutes IS NULL, 'lately_missing_minutes', NULL),
      IF(lately_missing_points IS NULL, 'lately_missing_points', NULL),
      IF(out_minutes_today IS NULL, 'out_minutes_today', NULL),
      IF(out_points_today IS NULL, 'out_points_today', NULL),
      IF(out_plays_today IS NULL, 'out_plays_today', NULL),
      IF(out_size_today IS NULL, 'out_size_today', NULL),
      IF(new_out_minutes_today IS NULL, 'new_out_minutes_today', NULL),
      IF(available_minutes_today IS NULL, 'available_minutes_today', NULL),
      IF(available_minutes_4_today IS NULL, 'available_minutes_4_today', NULL),
      IF(available_points_today IS NULL, 'available_points_today', NULL),
      IF(available_plays_today IS NULL, 'available_plays_today', NULL),
      IF(available_size_today IS NULL, 'available_size_today', NULL),
      IF(opponent_out_minutes IS NULL, 'opponent_out_minutes', NULL),
      IF(opponent_available_points IS NULL, 'opponent_available_points', NULL),
      IF(team_days_rest IS NULL, 'team_days_rest', NULL),
      IF(team_games_season IS NULL, 'team_games_season', NULL),
      IF(team_last_margin IS NULL, 'team_last_margin', NULL),
      IF(team_last_absent_minutes IS NULL, 'team_last_absent_minutes', NULL),
      IF(team_last_absent_points IS NULL, 'team_last_absent_points', NULL),
      IF(off_rating_ewma_8 IS NULL, 'off_rating_ewma_8', NULL),
      IF(margin_ewma_8 IS NULL, 'margin_ewma_8', NULL),
      IF(margin_ewma_30 IS NULL, 'margin_ewma_30', NULL),
      IF(absolute_margin_ewma_15 IS NULL, 'absolute_margin_ewma_15', NULL),
      IF(players_used_ewma_10 IS NULL, 'players_used_ewma_10', NULL),
      IF(opponent_margin_ewma_8 IS NULL, 'opponent_margin_ewma_8', NULL),
      IF(opponent_margin_ewma_30 IS NULL, 'opponent_margin_ewma_30', NULL),
      IF(opponent_points_allowed_ewma_8 IS NULL, 'opponent_points_allowed_ewma_8', NULL),
      IF(opponent_points_allowed_ewma_30 IS NULL, 'opponent_points_allowed_ewma_30', NULL),
      IF(opponent_allowed_beyond_usual IS NULL, 'opponent_allowed_beyond_usual', NULL),
      IF(opponent_big_allowed_beyond_usual IS NULL, 'opponent_big_allowed_beyond_usual', NULL)
    ], ','), '') AS missing_optional,
    COALESCE(ARRAY_TO_STRING([
      IF(form_source = 'phase3' AND points_avg_last_5 IS NOT NULL, 'points_avg_last_5', NULL),
      IF(form_source = 'phase3' AND points_avg_last_10 IS NOT NULL, 'points_avg_last_10', NULL),
      IF(form_source = 'phase3' AND points_avg_season IS NOT NULL, 'points_avg_season', NULL),
      IF(form_source = 'phase3' AND points_std_last_10 IS NOT NULL, 'points_std_last_10', NULL),
      IF(factors_source = 'phase3' AND fatigue_score IS NOT NULL, 'fatigue_score', NULL),
      IF(factors_source = 'phase3' AND shot_zone_mismatch_score IS NOT NULL, 'shot_zone_mismatch_score', NULL),
      IF(factors_source = 'phase3' AND pace_score IS NOT NULL, 'pace_score', NULL),
      IF(factors_source = 'phase3' AND usage_spike_score IS NOT NULL, 'usage_spike_score', NULL),
      IF(form_source = 'phase3' AND recent_trend IS NOT NULL, 'recent_trend', NULL),
      IF(form_source = 'phase3' AND minutes_change IS NOT NULL, 'minutes_change', NULL),
      IF(opponent_source = 'phase3' AND opponent_def_rating IS NOT NULL, 'opponent_def_rating', NULL),
      IF(opponent_source = 'phase3' AND opponent_pace IS NOT NULL, 'opponent_pace', NULL),
      IF(zones_source = 'phase3' AND pct_paint IS NOT NULL, 'pct_paint', NULL),
      IF(zones_source = 'phase3' AND pct_mid_range IS NOT NULL, 'pct_mid_range', NULL),
      IF(zones_source = 'phase3' AND pct_three IS NOT NULL, 'pct_three', NULL),
      IF(form_source = 'phase3' AND pct_free_throw IS NOT NULL, 'pct_free_throw', NULL),
      IF(team_source = 'phase3' AND team_pace IS NOT NULL, 'team_pace', NULL),
      IF(team_source = 'phase3' AND team_off_rating IS NOT NULL, 'team_off_rating', NULL),
      IF(form_source = 'phase3' AND minutes_avg_last_10 IS NOT NULL, 'minutes_avg_last_10', NULL),
      IF(form_source = 'phase3' AND ppm_avg_last_10 IS NOT NULL, 'ppm_avg_last_10', NULL)
    ], ','), '') AS phase3_required,
    COALESCE(ARRAY_TO_STRING([
      IF(form_source = 'phase3' AND avg_points_vs_opponent IS NOT NULL, 'avg_points_vs_opponent', NULL),
      IF(form_source = 'phase3' AND games_vs_opponent IS NOT NULL, 'games_vs_opponent', NULL),
      IF(form_source = 'phase3' AND games_played_season IS NOT NULL, 'games_played_season', NULL),
      IF(form_source = 'phase3' AND usage_rate_last_10 IS NOT NULL, 'usage_rate_last_10', NULL),
      IF(form_source = 'phase3' AND ts_pct_last_10 IS NOT NULL, 'ts_pct_last_10', NULL),
      IF(form_source = 'phase3' AND minutes_avg_season IS NOT NULL, 'minutes_avg_season', NULL),
      IF(form_source = 'phase3' AND minutes_std_last_10 IS NOT NULL, 'minutes_std_last_10', NULL),
      IF(form_source = 'phase3' AND last_game_minutes IS NOT NULL, 'last_game_minutes', NULL),
      IF(form_source = 'phase3' AND start_rate_last_10 IS NOT NULL, 'start_rate_last_10', NULL),
      IF(form_source = 'phase3' AND points_ewma_3 IS NOT NULL, 'points_ewma_3', NULL),
      IF(form_source = 'phase3' AND points_ewma_8 IS NOT NULL, 'points_ewma_8', NULL),
      IF(form_source = 'phase3' AND points_ewma_20 IS NOT NULL, 'points_ewma_20', NULL),
      IF(form_source = 'phase3' AND minutes_ewma_3 IS NOT NULL, 'minutes_ewma_3', NULL),
      IF(form_source = 'phase3' AND minutes_ewma_8 IS NOT NULL, 'minutes_ewma_8', NULL),
      IF(form_source = 'phase3' AND minutes_ewma_20 IS NOT NULL, 'minutes_ewma_20', NULL),
      IF(form_source = 'phase3' AND fg_attempts_ewma_8 IS NOT NULL, 'fg_attempts_ewma_8', NULL),
      IF(form_source = 'phase3' AND three_pt_attempts_ewma_8 IS NOT NULL, 'three_pt_attempts_ewma_8', NULL),
      IF(form_source = 'phase3' AND ft_attempts_ewma_8 IS NOT NULL, 'ft_attempts_ewma_8', NULL),
      IF(form_source = 'phase3' AND usage_ewma_8 IS NOT NULL, 'usage_ewma_8', NULL)
    ], ','), '') AS phase3_optional
  FROM features
),

named AS (
  SELECT
    *,
    IF(missing_required = '', 0, ARRAY_LENGTH(SPLIT(missing_required, ','))) AS missing_count,
    IF(phase3_required = '', 0, ARRAY_LENGTH(SPLIT(phase3_required, ','))) AS phase3_count,
    IF(missing_required = '', ARRAY<STRING>[], SPLIT(missing_required, ',')) AS missing_features,
    IF(missing_optional = '', ARRAY<STRING>[], SPLIT(missing_optional, ',')) AS missing_optional_features,
    COALESCE(ARRAY_TO_STRING([NULLIF(phase3_required, ''), NULLIF(phase3_optional, '')], ','), '') AS phase3_all
  FROM listed
),

final AS (
  SELECT
    q.game_date, q.game_id, q.tip_at, q.cutoff, q.player_lookup, q.player_id, q.player_name,
    q.team_abbr, q.opponent_team_abbr, q.feature_version,
    q.points_avg_last_5, q.points_avg_last_10, q.points_avg_season, q.points_std_last_10,
    q.games_in_last_7_days, q.fatigue_score, q.shot_zone_mismatch_score, q.pace_score,
    q.usage_spike_score, q.rest_advantage, q.injury_risk, q.recent_trend,
    q.minutes_change, q.opponent_def_rating, q.opponent_pace, q.home_away,
    q.back_to_back, q.playoff_game, q.pct_paint, q.pct_mid_range,
    q.pct_three, q.pct_free_throw, q.team_pace, q.team_off_rating,
    q.team_win_pct, q.vegas_points_line, q.vegas_opening_line, q.vegas_line_move,
    q.has_vegas_line, q.avg_points_vs_opponent, q.games_vs_opponent, q.minutes_avg_last_10,
    q.ppm_avg_last_10, q.games_played_season, q.usage_rate_last_10, q.ts_pct_last_10,
    q.minutes_avg_season, q.minutes_std_last_10, q.last_game_minutes, q.start_rate_last_10,
    q.points_ewma_3, q.points_ewma_8, q.points_ewma_20, q.minutes_ewma_3,
    q.minutes_ewma_8, q.minutes_ewma_20, q.fg_attempts_ewma_8, q.three_pt_attempts_ewma_8,
    q.ft_attempts_ewma_8, q.usage_ewma_8, q.days_rest, q.games_in_last_14_days,
    q.minutes_in_last_7_days, q.is_new_to_team, q.player_age, q.projected_usage_rate,
    q.teammates_out, q.teammates_out_usage, q.new_teammates_out_usage, q.game_spread,
    q.game_total, q.implied_team_points, q.opponent_days_rest, q.opponent_points_allowed,
    q.opponent_ft_attempts_allowed, q.opponent_three_pt_attempts_allowed,
    q.similar_games, q.similarity_score_avg, q.similarity_baseline, q.similarity_points_std,
    q.size, q.games_for_team_season, q.minutes_median_last_10,
    q.minutes_ewma_2, q.minutes_ewma_4, q.minutes_ewma_30,
    q.points_ewma_2, q.points_ewma_30, q.plays_ewma_3,
    q.plays_ewma_8, q.fg_attempts_ewma_25, q.ft_attempts_ewma_25,
    q.fg_makes_ewma_20, q.ft_makes_ewma_20, q.three_pt_makes_ewma_20,
    q.defensive_rebounds_ewma_20, q.regulation_minutes_ewma_5, q.close_game_minutes_ewma_8,
    q.points_avg_last_3, q.minutes_avg_last_3, q.minutes_std_last_25,
    q.last_game_points, q.last_game_team_margin, q.last_game_played_minutes,
    q.last_game_absent_minutes, q.absent_minutes_ewma_8, q.absent_minutes_ewma_25,
    q.absent_points_ewma_8, q.played_points_ewma_8, q.last_game_out_minutes,
    q.last_game_out_points, q.last_game_out_size, q.last_game_available_minutes,
    q.out_minutes_ewma_3, q.out_minutes_ewma_8, q.out_minutes_ewma_25,
    q.out_points_ewma_3, q.out_points_ewma_8, q.out_points_ewma_25,
    q.out_plays_ewma_8, q.out_size_ewma_8, q.available_minutes_ewma_8,
    q.available_minutes_ewma_25, q.available_points_ewma_8, q.available_size_ewma_8,
    q.team_games_missed, q.rotation_rank, q.is_available_today,
    q.minutes_rank_today, q.points_rank_today, q.alike_minutes_rotation,
    q.alike_minutes_lately_missing, q.alike_minutes_out, q.alike_minutes_new_out,
    q.alike_minutes_returning, q.alike_minutes_available, q.alike_minutes_above,
    q.rotation_minutes, q.rotation_points, q.lately_missing_minutes,
    q.lately_missing_points, q.out_minutes_today, q.out_points_today,
    q.out_plays_today, q.out_size_today, q.new_out_minutes_today,
    q.available_minutes_today, q.available_minutes_4_today, q.available_points_today,
    q.available_plays_today, q.available_size_today, q.opponent_out_minutes,
    q.opponent_available_points, q.team_days_rest, q.team_games_season,
    q.team_last_margin, q.team_last_absent_minutes, q.team_last_absent_points,
    q.off_rating_ewma_8, q.margin_ewma_8, q.margin_ewma_30,
    q.absolute_margin_ewma_15, q.players_used_ewma_10, q.opponent_margin_ewma_8,
    q.opponent_margin_ewma_30, q.opponent_points_allowed_ewma_8, q.opponent_points_allowed_ewma_30,
    q.opponent_allowed_beyond_usual, q.opponent_big_allowed_beyond_usual,
    q.injury_status, q.has_injury_report, q.availability_assumed, q.early_season_flag,
    -- Of 27 required features: 100 each, 87 from phase 3, nothing when missing.
    ROUND(
      (2700 - 100 * q.missing_count - 13 * q.phase3_count) / 27, 2
    ) AS quality_score,
    q.missing_features,
    q.missing_optional_features,
    IF(q.phase3_all = '', ARRAY<STRING>[], SPLIT(q.phase3_all, ',')) AS phase3_features
  FROM named AS q
)

SELECT * FROM final
