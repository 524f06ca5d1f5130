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
    game_id, team_abbr, win_flag, seconds_played,
    100 * (fg_attempts + turnovers) + 44 * ft_attempts AS play_hundredths
  FROM nba_analytics.team_offense_game_summary
  WHERE game_date BETWEEN @from_date AND @to_date
),

final AS (
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
    t.win_flag
  FROM played AS p
  JOIN teams AS t ON t.game_id = p.game_id AND t.team_abbr = p.team_abbr
)

SELECT * FROM final
