-- The four factors of each row of `situations`: the context's load, pace and usage, the player's zones and the
-- opponent's defense of them. What a factor rests on is missing: so is the factor.
-- An unknown age, and a week without a game, take nothing off the fatigue score.
zone_edges AS (
  SELECT
    *,
    CASE primary_scoring_zone
      WHEN 'paint' THEN paint_defense_vs_league_avg * LEAST(paint_rate_last_10 / 50, 1)
      WHEN 'perimeter' THEN three_pt_defense_vs_league_avg * LEAST(three_pt_rate_last_10 / 50, 1)
      WHEN 'mid_range' THEN mid_range_defense_vs_league_avg * LEAST(mid_range_rate_last_10 / 50, 1)
      WHEN 'balanced' THEN (
        paint_defense_vs_league_avg * paint_rate_last_10
        + mid_range_defense_vs_league_avg * mid_range_rate_last_10
        + three_pt_defense_vs_league_avg * three_pt_rate_last_10
      ) / 100
    END AS zone_edge,
    IF(has_injury_report AND usage_rate_last_10 = 0, 0, 0.3 * (projected_usage_rate - usage_rate_last_10)) AS usage_gain
  FROM situations
),

scores AS (
  SELECT
    game_id, player_lookup,
    IF(days_rest IS NULL, NULL, GREATEST(0, LEAST(100,
      100
      + CASE WHEN back_to_back THEN -15 WHEN days_rest >= 3 THEN 5 ELSE 0 END
      + IF(games_in_last_7_days >= 4, -10, 0)
      + IF(minutes_in_last_7_days > 240, -10, 0)
      + IF(avg_minutes_per_game_last_7 > 35, -8, 0)
      + CASE WHEN back_to_backs_last_14_days >= 2 THEN -12 WHEN back_to_backs_last_14_days = 1 THEN -5 ELSE 0 END
      + CASE WHEN player_age >= 35 THEN -10 WHEN player_age >= 30 THEN -5 ELSE 0 END
    ))) AS fatigue_score,
    GREATEST(-10, LEAST(10, IF(ABS(zone_edge) > 5, 1.2 * zone_edge, zone_edge))) AS shot_zone_mismatch_score,
    GREATEST(-3, LEAST(3, pace_differential / 2)) AS pace_score,
    ROUND(GREATEST(-3, LEAST(3, CASE
      WHEN usage_gain <= 0 OR star_teammates_out = 0 THEN usage_gain
      WHEN star_teammates_out = 1 THEN 1.15 * usage_gain
      ELSE 1.3 * usage_gain
    END)), 4) AS usage_spike_score
  FROM zone_edges
),
