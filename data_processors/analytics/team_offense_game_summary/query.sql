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
    SUM(b.turnovers) AS turnovers,
    SUM(b.seconds_played) AS seconds_played
  FROM nba_raw.nba_player_boxscores AS b
  JOIN counted_games AS g ON g.game_id = b.game_id
  WHERE b.game_date BETWEEN @from_date AND @to_date AND b.status = 'PLAYED'
  GROUP BY
    b.game_id, b.game_date, b.season_year, b.season_type, b.team_abbr, b.opponent_team_abbr, b.is_home
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

final AS (
  SELECT
    m.game_id, m.game_date, m.season_year, m.season_type, m.team_abbr, m.opponent_team_abbr, m.is_home,
    m.points_scored, m.fg_makes, m.fg_attempts, m.three_pt_makes, m.three_pt_attempts,
    m.ft_makes, m.ft_attempts, m.offensive_rebounds, m.defensive_rebounds, m.assists, m.turnovers,
    m.seconds_played, m.overtime_periods,
    ROUND(m.possession_hundredths / 100, 2) AS possessions,
    ROUND(m.possession_hundredths * 48 / (100 * (48 + 5 * m.overtime_periods)), 4) AS pace,
    ROUND(SAFE_DIVIDE(10000 * m.points_scored, m.possession_hundredths), 4) AS offensive_rating,
    ROUND(SAFE_DIVIDE(50 * m.points_scored, m.shot_hundredths), 4) AS ts_pct,
    m.points_scored > o.points_scored AS win_flag,
    m.points_scored - o.points_scored AS margin
  FROM measured AS m
  LEFT JOIN team_totals AS o ON o.game_id = m.game_id AND o.team_abbr = m.opponent_team_abbr
)

SELECT * FROM final
