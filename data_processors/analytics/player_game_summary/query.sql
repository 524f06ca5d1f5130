WITH played AS (
  SELECT
    *,
    100 * (fg_attempts + turnovers) + 44 * ft_attempts AS play_hundredths,
    100 * fg_attempts + 44 * ft_attempts AS shot_hundredths
  FROM nba_raw.nba_player_boxscores
  WHERE game_date BETWEEN @from_date AND @to_date AND status = 'PLAYED'
),

teams AS (
  SELECT
    game_id, team_abbr, win_flag, seconds_played, has_shot_zones,
    100 * (fg_attempts + turnovers) + 44 * ft_attempts AS play_hundredths
  FROM nba_analytics.team_offense_game_summary
  WHERE game_date BETWEEN @from_date AND @to_date
),

shots AS (
  SELECT
    game_id, player_id,
    COUNT(*) AS attempts,
    COUNTIF(made) AS makes,
    COUNTIF(is_three) AS three_pt_attempts,
    COUNTIF(is_three AND made) AS three_pt_makes,
    COUNTIF(NOT is_three AND shot_distance <= 8) AS paint_attempts,
    COUNTIF(NOT is_three AND shot_distance <= 8 AND made) AS paint_makes,
    COUNTIF(NOT is_three AND shot_distance > 8) AS mid_range_attempts,
    COUNTIF(NOT is_three AND shot_distance > 8 AND made) AS mid_range_makes,
    COUNTIF(is_and_one) AS and_ones,
    COUNTIF(made AND is_assisted) AS assisted,
    COUNTIF(made AND NOT is_assisted) AS unassisted,
    COUNTIF(made AND is_assisted IS NULL) AS assists_unknown,
    COUNTIF(made AND is_and_one IS NULL) AS and_ones_unknown
  FROM nba_raw.nba_shots
  WHERE game_date BETWEEN @from_date AND @to_date
  GROUP BY game_id, player_id
),

blocks AS (
  SELECT
    game_id, block_player_id AS player_id,
    COUNT(*) AS blocks,
    COUNTIF(NOT is_three AND shot_distance <= 8) AS paint_blocks,
    COUNTIF(NOT is_three AND shot_distance > 8) AS mid_range_blocks,
    COUNTIF(is_three) AS three_pt_blocks
  FROM nba_raw.nba_shots
  WHERE game_date BETWEEN @from_date AND @to_date AND block_player_id IS NOT NULL
  GROUP BY game_id, block_player_id
),

-- What each book said before the tip. A second snapshot makes the first one an opening.
seen AS (
  SELECT
    l.game_id, l.player_lookup, l.bookmaker, l.provider, l.line, l.snapshot_at,
    COUNT(DISTINCT l.snapshot_at) OVER a_book AS snapshots,
    FIRST_VALUE(l.line) OVER (a_book ORDER BY l.snapshot_at, l.provider) AS first_line
  FROM nba_analytics.points_line_snapshots AS l
  JOIN nba_raw.nba_schedule AS s
    ON s.game_id = l.game_id AND s.game_date BETWEEN @from_date AND @to_date
  WHERE l.game_date BETWEEN @from_date AND @to_date AND l.is_main AND l.snapshot_at <= s.tip_at
  WINDOW a_book AS (PARTITION BY l.game_id, l.player_lookup, l.bookmaker)
),

one_a_book AS (
  SELECT game_id, player_lookup, line AS last_line, IF(snapshots > 1, first_line, NULL) AS first_line
  FROM seen
  WHERE provider != 'opening'
  QUALIFY ROW_NUMBER() OVER (
    PARTITION BY game_id, player_lookup, bookmaker ORDER BY provider DESC, snapshot_at DESC
  ) = 1
),

medians AS (
  SELECT
    game_id, player_lookup,
    PERCENTILE_CONT(last_line, 0.5) OVER (PARTITION BY game_id, player_lookup) AS points_line,
    PERCENTILE_CONT(first_line, 0.5) OVER (PARTITION BY game_id, player_lookup) AS opening_points_line
  FROM one_a_book
),

lines AS (
  SELECT
    game_id, player_lookup,
    COUNT(*) AS bookmaker_count,
    MAX(points_line) AS points_line,
    MAX(opening_points_line) AS opening_points_line
  FROM medians
  GROUP BY game_id, player_lookup
),

measured AS (
  SELECT
    p.player_lookup, p.player_id, p.player_name, p.game_id, p.game_date, p.season_year, p.season_type,
    p.team_abbr, p.opponent_team_abbr, p.is_home,
    p.seconds_played,
    ROUND(p.seconds_played / 60, 4) AS minutes_played,
    p.points, p.fg_makes, p.fg_attempts, p.three_pt_makes, p.three_pt_attempts, p.ft_makes, p.ft_attempts,
    p.offensive_rebounds, p.defensive_rebounds, p.assists, p.steals, p.blocks, p.turnovers,
    p.personal_fouls, p.plus_minus,
    -- Real team time instead of 240 minutes, so that overtime does not inflate it.
    ROUND(
      SAFE_DIVIDE(20 * p.play_hundredths * t.seconds_played, p.seconds_played * t.play_hundredths), 4
    ) AS usage_rate,
    ROUND(SAFE_DIVIDE(50 * p.points, p.shot_hundredths), 4) AS ts_pct,
    ROUND(SAFE_DIVIDE(2 * p.fg_makes + p.three_pt_makes, 2 * p.fg_attempts), 4) AS efg_pct,
    p.is_starter AS starter_flag,
    t.win_flag,
    t.has_shot_zones
      AND COALESCE(s.attempts, 0) = p.fg_attempts
      AND COALESCE(s.makes, 0) = p.fg_makes
      AND COALESCE(s.three_pt_attempts, 0) = p.three_pt_attempts
      AND COALESCE(s.three_pt_makes, 0) = p.three_pt_makes AS has_shot_zones,
    COALESCE(s.paint_attempts, 0) AS paint_attempts,
    COALESCE(s.paint_makes, 0) AS paint_makes,
    COALESCE(s.mid_range_attempts, 0) AS mid_range_attempts,
    COALESCE(s.mid_range_makes, 0) AS mid_range_makes,
    IF(COALESCE(s.assists_unknown, 0) = 0, COALESCE(s.assisted, 0), NULL) AS assisted_fg_makes,
    IF(COALESCE(s.assists_unknown, 0) = 0, COALESCE(s.unassisted, 0), NULL) AS unassisted_fg_makes,
    IF(COALESCE(s.and_ones_unknown, 0) = 0, COALESCE(s.and_ones, 0), NULL) AS and1_count,
    -- He blocks the opponent's shots.
    COALESCE(o.has_shot_zones, FALSE)
      AND COALESCE(b.paint_blocks + b.mid_range_blocks + b.three_pt_blocks, 0) = p.blocks AS has_block_zones,
    COALESCE(b.paint_blocks, 0) AS paint_blocks,
    COALESCE(b.mid_range_blocks, 0) AS mid_range_blocks,
    COALESCE(b.three_pt_blocks, 0) AS three_pt_blocks,
    l.points_line,
    l.bookmaker_count,
    l.opening_points_line
  FROM played AS p
  JOIN teams AS t ON t.game_id = p.game_id AND t.team_abbr = p.team_abbr
  LEFT JOIN teams AS o ON o.game_id = p.game_id AND o.team_abbr = p.opponent_team_abbr
  LEFT JOIN shots AS s ON s.game_id = p.game_id AND s.player_id = p.player_id
  LEFT JOIN blocks AS b ON b.game_id = p.game_id AND b.player_id = p.player_id
  LEFT JOIN lines AS l ON l.game_id = p.game_id AND l.player_lookup = p.player_lookup
),

final AS (
  SELECT
    player_lookup, player_id, player_name, game_id, game_date, season_year, season_type,
    team_abbr, opponent_team_abbr, is_home, seconds_played, minutes_played,
    points, fg_makes, fg_attempts, three_pt_makes, three_pt_attempts, ft_makes, ft_attempts,
    offensive_rebounds, defensive_rebounds, assists, steals, blocks, turnovers, personal_fouls, plus_minus,
    -- In a few seconds on the court a man can end more plays than his team's share of them has.
    IF(usage_rate <= 100, usage_rate, NULL) AS usage_rate,
    ts_pct, efg_pct, starter_flag, win_flag,
    has_shot_zones,
    IF(has_shot_zones, paint_attempts, NULL) AS paint_attempts,
    IF(has_shot_zones, paint_makes, NULL) AS paint_makes,
    IF(has_shot_zones, mid_range_attempts, NULL) AS mid_range_attempts,
    IF(has_shot_zones, mid_range_makes, NULL) AS mid_range_makes,
    IF(has_shot_zones, assisted_fg_makes, NULL) AS assisted_fg_makes,
    IF(has_shot_zones, unassisted_fg_makes, NULL) AS unassisted_fg_makes,
    IF(has_shot_zones, and1_count, NULL) AS and1_count,
    IF(has_block_zones, paint_blocks, NULL) AS paint_blocks,
    IF(has_block_zones, mid_range_blocks, NULL) AS mid_range_blocks,
    IF(has_block_zones, three_pt_blocks, NULL) AS three_pt_blocks,
    COALESCE(bookmaker_count, 0) AS bookmaker_count,
    points_line,
    opening_points_line,
    points_line - opening_points_line AS line_movement,
    CASE
      WHEN points > points_line THEN 'OVER'
      WHEN points < points_line THEN 'UNDER'
      WHEN points = points_line THEN 'PUSH'
    END AS over_under_result,
    points - points_line AS margin_to_line
  FROM measured
)

SELECT * FROM final
