WITH final AS (
  SELECT
    game_id,
    game_date,
    season_year,
    opponent_team_abbr AS team_abbr,
    team_abbr AS opponent_team_abbr,
    NOT is_home AS is_home,
    points_scored AS points_allowed,
    possessions AS opponent_possessions,
    pace AS opponent_pace,
    offensive_rating AS defensive_rating,
    ts_pct AS opponent_ts_pct,
    turnovers AS turnovers_forced,
    margin < 0 AS win_flag,
    -margin AS margin
  FROM nba_analytics.team_offense_game_summary
  WHERE game_date BETWEEN @from_date AND @to_date
)

SELECT * FROM final
