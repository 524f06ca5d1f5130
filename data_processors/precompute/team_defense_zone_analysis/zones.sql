-- What opponents made of their shots by zone in a team's last 15 games, against the league: of each of `defenders`.
defense_games AS (
  SELECT
    *,
    ROW_NUMBER() OVER (PARTITION BY team_abbr ORDER BY game_date, game_id) AS game_number,
    LEAD(game_date) OVER (PARTITION BY team_abbr ORDER BY game_date, game_id) AS next_game_date
  FROM nba_analytics.team_defense_game_summary
  WHERE game_date >= DATE_SUB(@from_date, INTERVAL 400 DAY) AND game_date < @to_date
),

defense_latest AS (
  SELECT t.game_id, t.game_date, t.team_abbr, d.game_number
  FROM defenders AS t
  JOIN defense_games AS d
    ON d.team_abbr = t.team_abbr
    AND d.game_date < t.history_end
    AND (d.next_game_date IS NULL OR d.next_game_date >= t.history_end)
),

defense_sums AS (
  SELECT
    l.game_id, l.team_abbr,
    COUNT(*) AS games,
    SUM(d.opponent_paint_attempts) AS paint_attempts,
    SUM(d.opponent_paint_makes) AS paint_makes,
    SUM(d.opponent_mid_range_attempts) AS mid_range_attempts,
    SUM(d.opponent_mid_range_makes) AS mid_range_makes,
    SUM(d.opponent_three_pt_attempts) AS three_pt_attempts,
    SUM(d.opponent_three_pt_makes) AS three_pt_makes,
    COUNT(d.paint_blocks) AS games_with_blocks,
    SUM(d.paint_blocks) AS paint_blocks,
    SUM(d.mid_range_blocks) AS mid_range_blocks,
    SUM(d.three_pt_blocks) AS three_pt_blocks
  FROM defense_latest AS l
  JOIN defense_games AS d
    ON d.team_abbr = l.team_abbr
    AND d.game_number BETWEEN l.game_number - 14 AND l.game_number
    AND d.game_date >= DATE_SUB(l.game_date, INTERVAL 400 DAY)
    AND d.has_shot_zones
  GROUP BY l.game_id, l.team_abbr
),

-- The league's shares over 400 days: a season, whatever the time of year.
zone_league AS (
  SELECT
    t.game_date, t.history_end,
    COUNT(DISTINCT d.team_abbr) AS teams,
    SUM(d.opponent_paint_attempts) AS paint_attempts,
    SUM(d.opponent_paint_makes) AS paint_makes,
    SUM(d.opponent_mid_range_attempts) AS mid_range_attempts,
    SUM(d.opponent_mid_range_makes) AS mid_range_makes,
    SUM(d.opponent_three_pt_attempts) AS three_pt_attempts,
    SUM(d.opponent_three_pt_makes) AS three_pt_makes
  FROM (SELECT DISTINCT game_date, history_end FROM defenders) AS t
  JOIN defense_games AS d
    ON d.game_date >= DATE_SUB(t.game_date, INTERVAL 400 DAY)
    AND d.game_date < t.history_end
    AND d.has_shot_zones
  GROUP BY t.game_date, t.history_end
  HAVING COUNT(DISTINCT d.team_abbr) >= 10
),

zone_shares AS (
  SELECT
    t.*,
    COALESCE(z.games, 0) AS games_with_zones,
    COALESCE(g.teams, 0) AS league_teams,
    z.* EXCEPT (game_id, team_abbr, games),
    SAFE_DIVIDE(z.paint_makes, z.paint_attempts) AS paint_pct,
    SAFE_DIVIDE(z.mid_range_makes, z.mid_range_attempts) AS mid_range_pct,
    SAFE_DIVIDE(z.three_pt_makes, z.three_pt_attempts) AS three_pt_pct,
    SAFE_DIVIDE(g.paint_makes, g.paint_attempts) AS league_paint_pct,
    SAFE_DIVIDE(g.mid_range_makes, g.mid_range_attempts) AS league_mid_range_pct,
    SAFE_DIVIDE(g.three_pt_makes, g.three_pt_attempts) AS league_three_pt_pct
  FROM defenders AS t
  LEFT JOIN defense_sums AS z ON z.game_id = t.game_id AND z.team_abbr = t.team_abbr
  LEFT JOIN zone_league AS g ON g.game_date = t.game_date AND g.history_end = t.history_end
),

defense_zones AS (
  SELECT
    *,
    100 * (paint_pct - league_paint_pct) AS paint_against_league,
    100 * (mid_range_pct - league_mid_range_pct) AS mid_range_against_league,
    100 * (three_pt_pct - league_three_pt_pct) AS three_pt_against_league
  FROM zone_shares
),
