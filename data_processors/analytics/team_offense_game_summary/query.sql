WITH counted_games AS (
  SELECT game_id
  FROM nba_raw.nba_schedule
  WHERE game_date BETWEEN @from_date AND @to_date
),

team_totals AS (
  SELECT
    b.game_id, b.game_date, b.season_year, b.season_type, b.team_abbr, b.opponent_team_abbr, b.is_home,
    SUM(b.points) AS points_scored,
    SUM(b.fg_makes) AS fg_makes,
    SUM(b.fg_attempts) AS fg_attempts,
    SUM(b.three_pt_makes) AS three_pt_makes,
    SUM(b.three_pt_attempts) AS three_pt_attempts,
    SUM(b.ft_makes) AS ft_makes,
    SUM(b.ft_attempts) AS ft_attempts,
    SUM(b.offensive_rebounds) AS offensive_rebounds,
    SUM(b.defensive_rebounds) AS defensive_rebounds,
    SUM(b.assists) AS assists,
    SUM(b.steals) AS steals,
    SUM(b.blocks) AS blocks,
    SUM(b.turnovers) AS turnovers,
    SUM(b.personal_fouls) AS personal_fouls,
    SUM(b.seconds_played) AS seconds_played
  FROM nba_raw.nba_player_boxscores AS b
  JOIN counted_games AS g ON g.game_id = b.game_id
  WHERE b.game_date BETWEEN @from_date AND @to_date AND b.status = 'PLAYED'
  GROUP BY
    b.game_id, b.game_date, b.season_year, b.season_type, b.team_abbr, b.opponent_team_abbr, b.is_home
),

-- A two-pointer from at most 8 feet is a shot in the paint, a longer one mid-range.
shots AS (
  SELECT
    game_id, team_abbr,
    COUNT(*) AS attempts,
    COUNTIF(made) AS makes,
    COUNTIF(is_three) AS three_pt_attempts,
    COUNTIF(is_three AND made) AS three_pt_makes,
    COUNTIF(NOT is_three AND shot_distance IS NULL) AS unplaced,
    COUNTIF(NOT is_three AND shot_distance <= 8) AS paint_attempts,
    COUNTIF(NOT is_three AND shot_distance <= 8 AND made) AS paint_makes,
    COUNTIF(NOT is_three AND shot_distance > 8) AS mid_range_attempts,
    COUNTIF(NOT is_three AND shot_distance > 8 AND made) AS mid_range_makes,
    COUNTIF(block_player_id IS NOT NULL AND NOT is_three AND shot_distance <= 8) AS paint_blocked,
    COUNTIF(block_player_id IS NOT NULL AND NOT is_three AND shot_distance > 8) AS mid_range_blocked,
    COUNTIF(block_player_id IS NOT NULL AND is_three) AS three_pt_blocked,
    COUNTIF(block_player_id IS NOT NULL) AS blocked
  FROM nba_raw.nba_shots
  WHERE game_date BETWEEN @from_date AND @to_date
  GROUP BY game_id, team_abbr
),

-- 0.44 is the share of free throws that end a possession; hundredths keep the sums in integers.
measured AS (
  SELECT
    *,
    100 * fg_attempts + 44 * ft_attempts AS shot_hundredths,
    100 * (fg_attempts + turnovers - offensive_rebounds) + 44 * ft_attempts AS possession_hundredths,
    GREATEST(CAST(ROUND((seconds_played - 14400) / 1500) AS INT64), 0) AS overtime_periods
  FROM team_totals
),

-- Both teams have the ball equally often. A rebounded miss goes on, so 1.07 x the share of the misses that were
-- rebounded x the misses is taken off (Oliver, Basketball on Paper), with 0.44 as above.
turns AS (
  SELECT
    m.*,
    o.game_id IS NOT NULL AS has_opponent,
    o.points_scored AS opponent_points,
    o.blocks AS opponent_blocks,
    m.fg_attempts + 0.44 * m.ft_attempts + m.turnovers - 1.07 * (m.fg_attempts - m.fg_makes)
      * COALESCE(SAFE_DIVIDE(m.offensive_rebounds, m.offensive_rebounds + o.defensive_rebounds), 0) AS own_turns,
    o.fg_attempts + 0.44 * o.ft_attempts + o.turnovers - 1.07 * (o.fg_attempts - o.fg_makes)
      * COALESCE(SAFE_DIVIDE(o.offensive_rebounds, o.offensive_rebounds + m.defensive_rebounds), 0) AS opponent_turns
  FROM measured AS m
  LEFT JOIN team_totals AS o ON o.game_id = m.game_id AND o.team_abbr = m.opponent_team_abbr
),

counted AS (
  SELECT
    *,
    ROUND(IF(has_opponent, (own_turns + opponent_turns) / 2, possession_hundredths / 100), 4) AS game_possessions
  FROM turns
),

rated AS (
  SELECT
    m.game_id, m.game_date, m.season_year, m.season_type, m.team_abbr, m.opponent_team_abbr, m.is_home,
    m.points_scored, m.fg_makes, m.fg_attempts, m.three_pt_makes, m.three_pt_attempts,
    m.ft_makes, m.ft_attempts, m.offensive_rebounds, m.defensive_rebounds, m.assists, m.turnovers,
    m.steals, m.blocks, m.personal_fouls,
    m.seconds_played, m.overtime_periods,
    ROUND(m.possession_hundredths / 100, 2) AS possessions,
    m.game_possessions,
    ROUND(m.game_possessions * 48 / (48 + 5 * m.overtime_periods), 4) AS pace,
    ROUND(SAFE_DIVIDE(100 * m.points_scored, m.game_possessions), 4) AS offensive_rating,
    ROUND(SAFE_DIVIDE(50 * m.points_scored, m.shot_hundredths), 4) AS ts_pct,
    m.points_scored > m.opponent_points AS win_flag,
    m.points_scored - m.opponent_points AS margin,
    -- Half of a team's shots would look like a style of play: zones are there for all of them or not at all.
    COALESCE(
      s.attempts = m.fg_attempts AND s.makes = m.fg_makes AND s.three_pt_attempts = m.three_pt_attempts
        AND s.three_pt_makes = m.three_pt_makes AND s.unplaced = 0,
      FALSE
    ) AS has_shot_zones,
    COALESCE(s.blocked = m.opponent_blocks, FALSE) AS has_block_zones,
    s.paint_attempts, s.paint_makes, s.mid_range_attempts, s.mid_range_makes,
    s.paint_blocked, s.mid_range_blocked, s.three_pt_blocked
  FROM counted AS m
  LEFT JOIN shots AS s ON s.game_id = m.game_id AND s.team_abbr = m.team_abbr
),

final AS (
  SELECT
    game_id, game_date, season_year, season_type, team_abbr, opponent_team_abbr, is_home,
    points_scored, fg_makes, fg_attempts, three_pt_makes, three_pt_attempts, ft_makes, ft_attempts,
    offensive_rebounds, defensive_rebounds, assists, turnovers, steals, blocks, personal_fouls,
    seconds_played, overtime_periods, possessions, game_possessions, pace, offensive_rating, ts_pct, win_flag, margin,
    has_shot_zones,
    IF(has_shot_zones, paint_attempts, NULL) AS paint_attempts,
    IF(has_shot_zones, paint_makes, NULL) AS paint_makes,
    IF(has_shot_zones, mid_range_attempts, NULL) AS mid_range_attempts,
    IF(has_shot_zones, mid_range_makes, NULL) AS mid_range_makes,
    IF(has_shot_zones, 2 * paint_makes, NULL) AS points_in_paint,
    IF(has_shot_zones AND has_block_zones, paint_blocked, NULL) AS paint_attempts_blocked,
    IF(has_shot_zones AND has_block_zones, mid_range_blocked, NULL) AS mid_range_attempts_blocked,
    IF(has_shot_zones AND has_block_zones, three_pt_blocked, NULL) AS three_pt_attempts_blocked
  FROM rated
)

SELECT * FROM final
