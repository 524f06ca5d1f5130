-- Where a player shoots from, before each row of `shooters` (game_id, game_date, player_lookup, last_game_date).
-- Only games that the play-by-play covers count; the last 10 and 20 are counted among those.
zone_games AS (
  SELECT
    *,
    SUM(IF(has_shot_zones AND (seconds_played > 0 OR fg_attempts > 0), 1, 0)) OVER (
      PARTITION BY player_lookup ORDER BY game_date, game_id
      ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS zone_number
  FROM nba_analytics.player_game_summary
  WHERE game_date >= DATE_SUB(@from_date, INTERVAL 400 DAY) AND game_date < @to_date
),

zone_latest AS (
  SELECT s.game_id, s.game_date, s.player_lookup, g.zone_number
  FROM shooters AS s
  JOIN zone_games AS g ON g.player_lookup = s.player_lookup AND g.game_date = s.last_game_date
),

zone_lags AS (
  SELECT l.*, l.zone_number - games_back AS wanted_number, games_back
  FROM zone_latest AS l
  CROSS JOIN UNNEST(GENERATE_ARRAY(0, 19)) AS games_back
),

zone_sums AS (
  SELECT
    l.game_id, l.player_lookup,
    COUNTIF(games_back < 10) AS games_10,
    COUNT(*) AS games_20,
    SUM(IF(games_back < 10, g.paint_attempts, 0)) AS paint_attempts_10,
    SUM(IF(games_back < 10, g.paint_makes, 0)) AS paint_makes_10,
    SUM(IF(games_back < 10, g.mid_range_attempts, 0)) AS mid_range_attempts_10,
    SUM(IF(games_back < 10, g.mid_range_makes, 0)) AS mid_range_makes_10,
    SUM(IF(games_back < 10, g.three_pt_attempts, 0)) AS three_pt_attempts_10,
    SUM(IF(games_back < 10, g.three_pt_makes, 0)) AS three_pt_makes_10,
    SUM(IF(games_back < 10, g.fg_attempts, 0)) AS shots_10,
    SUM(IF(games_back < 10 AND g.assisted_fg_makes IS NOT NULL, g.fg_makes, 0)) AS makes_10,
    SUM(IF(games_back < 10, g.assisted_fg_makes, 0)) AS assisted_10,
    SUM(g.paint_attempts) AS paint_attempts_20,
    SUM(g.paint_makes) AS paint_makes_20,
    SUM(g.fg_attempts) AS shots_20
  FROM zone_lags AS l
  JOIN zone_games AS g
    ON g.player_lookup = l.player_lookup
    AND g.zone_number = l.wanted_number
    AND g.has_shot_zones
    AND (g.seconds_played > 0 OR g.fg_attempts > 0)
    AND g.game_date >= DATE_SUB(l.game_date, INTERVAL 400 DAY)
  GROUP BY l.game_id, l.player_lookup
),

zones AS (
  SELECT
    s.game_id, s.player_lookup,
    COALESCE(z.games_10, 0) AS games_in_sample_10,
    COALESCE(z.games_20, 0) AS games_in_sample_20,
    COALESCE(z.shots_10, 0) AS total_shots_last_10,
    100 * SAFE_DIVIDE(z.paint_attempts_10, z.shots_10) AS paint_rate_last_10,
    100 * SAFE_DIVIDE(z.mid_range_attempts_10, z.shots_10) AS mid_range_rate_last_10,
    100 * SAFE_DIVIDE(z.three_pt_attempts_10, z.shots_10) AS three_pt_rate_last_10,
    SAFE_DIVIDE(z.paint_makes_10, z.paint_attempts_10) AS paint_pct_last_10,
    SAFE_DIVIDE(z.mid_range_makes_10, z.mid_range_attempts_10) AS mid_range_pct_last_10,
    SAFE_DIVIDE(z.three_pt_makes_10, z.three_pt_attempts_10) AS three_pt_pct_last_10,
    SAFE_DIVIDE(z.paint_attempts_10, z.games_10) AS paint_attempts_per_game,
    SAFE_DIVIDE(z.mid_range_attempts_10, z.games_10) AS mid_range_attempts_per_game,
    SAFE_DIVIDE(z.three_pt_attempts_10, z.games_10) AS three_pt_attempts_per_game,
    IF(z.games_20 >= 15, 100 * SAFE_DIVIDE(z.paint_attempts_20, z.shots_20), NULL) AS paint_rate_last_20,
    IF(z.games_20 >= 15, SAFE_DIVIDE(z.paint_makes_20, z.paint_attempts_20), NULL) AS paint_pct_last_20,
    100 * SAFE_DIVIDE(z.assisted_10, z.makes_10) AS assisted_rate_last_10,
    100 - 100 * SAFE_DIVIDE(z.assisted_10, z.makes_10) AS unassisted_rate_last_10,
    CASE
      WHEN COALESCE(z.shots_10, 0) = 0 THEN NULL
      WHEN 10 * z.paint_attempts_10 >= 4 * z.shots_10 THEN 'paint'
      WHEN 10 * z.three_pt_attempts_10 >= 4 * z.shots_10 THEN 'perimeter'
      WHEN 20 * z.mid_range_attempts_10 >= 7 * z.shots_10 THEN 'mid_range'
      ELSE 'balanced'
    END AS primary_scoring_zone
  FROM shooters AS s
  LEFT JOIN zone_sums AS z ON z.game_id = s.game_id AND z.player_lookup = s.player_lookup
),
