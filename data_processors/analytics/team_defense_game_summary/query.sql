WITH final AS (
  SELECT
    o.game_id,
    o.game_date,
    o.season_year,
    o.season_type,
    o.opponent_team_abbr AS team_abbr,
    o.team_abbr AS opponent_team_abbr,
    NOT o.is_home AS is_home,
    o.points_scored AS points_allowed,
    o.game_possessions AS opponent_possessions,
    o.pace AS opponent_pace,
    o.offensive_rating AS defensive_rating,
    o.ts_pct AS opponent_ts_pct,
    o.fg_makes AS opponent_fg_makes,
    o.fg_attempts AS opponent_fg_attempts,
    o.three_pt_makes AS opponent_three_pt_makes,
    o.three_pt_attempts AS opponent_three_pt_attempts,
    o.ft_attempts AS opponent_ft_attempts,
    3 * o.three_pt_makes AS three_pt_points_allowed,
    o.turnovers AS turnovers_forced,
    own.steals,
    own.blocks,
    own.defensive_rebounds,
    own.personal_fouls AS fouls_committed,
    o.overtime_periods,
    o.margin < 0 AS win_flag,
    -o.margin AS margin,
    o.has_shot_zones,
    o.paint_attempts AS opponent_paint_attempts,
    o.paint_makes AS opponent_paint_makes,
    o.mid_range_attempts AS opponent_mid_range_attempts,
    o.mid_range_makes AS opponent_mid_range_makes,
    o.points_in_paint AS points_in_paint_allowed,
    2 * o.mid_range_makes AS mid_range_points_allowed,
    o.paint_attempts_blocked AS paint_blocks,
    o.mid_range_attempts_blocked AS mid_range_blocks,
    o.three_pt_attempts_blocked AS three_pt_blocks
  FROM nba_analytics.team_offense_game_summary AS o
  LEFT JOIN nba_analytics.team_offense_game_summary AS own
    ON own.game_id = o.game_id
    AND own.team_abbr = o.opponent_team_abbr
    AND own.game_date BETWEEN @from_date AND @to_date
  WHERE o.game_date BETWEEN @from_date AND @to_date
)

SELECT * FROM final
