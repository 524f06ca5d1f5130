WITH context AS (
  SELECT *
  FROM nba_analytics.upcoming_player_game_context
  WHERE game_date BETWEEN @from_date AND @to_date
    AND (@lead_minutes IS NOT NULL OR tip_at > @as_of)
),

defenses AS (
  SELECT
    game_id, team_abbr, cutoff,
    paint_defense_vs_league_avg, mid_range_defense_vs_league_avg, three_pt_defense_vs_league_avg
  FROM nba_precompute.team_defense_zone_analysis
  WHERE game_date BETWEEN @from_date AND @to_date
),

shot_zones AS (
  SELECT
    game_id, player_lookup, cutoff,
    primary_scoring_zone, paint_rate_last_10, mid_range_rate_last_10, three_pt_rate_last_10
  FROM nba_precompute.player_shot_zone_analysis
  WHERE game_date BETWEEN @from_date AND @to_date
),

situations AS (
  SELECT
    c.game_date, c.game_id, c.tip_at, c.cutoff, c.player_lookup,
    c.days_rest, c.rest_missing_reason, c.back_to_back,
    c.games_in_last_7_days, c.minutes_in_last_7_days, c.avg_minutes_per_game_last_7,
    c.back_to_backs_last_14_days, c.player_age, c.pace_differential,
    c.projected_usage_rate, c.usage_rate_last_10, c.star_teammates_out, c.has_injury_report,
    z.* EXCEPT (game_id, player_lookup, cutoff),
    d.* EXCEPT (game_id, team_abbr, cutoff)
  FROM context AS c
  -- What was known at another moment is left out.
  LEFT JOIN shot_zones AS z
    ON z.game_id = c.game_id AND z.player_lookup = c.player_lookup AND z.cutoff = c.cutoff
  LEFT JOIN defenses AS d
    ON d.game_id = c.game_id AND d.team_abbr = c.opponent_team_abbr AND d.cutoff = c.cutoff
),

-- #include scores.sql

final AS (
  SELECT
    x.game_date, x.game_id, x.tip_at, x.cutoff, x.player_lookup,
    s.fatigue_score,
    (s.fatigue_score - 100) / 20 AS fatigue_adjustment,
    s.shot_zone_mismatch_score,
    s.pace_score,
    s.usage_spike_score,
    ROUND(
      (s.fatigue_score - 100) / 20 + s.shot_zone_mismatch_score + s.pace_score + s.usage_spike_score, 4
    ) AS total_composite_adjustment,
    NULLIF(ARRAY_TO_STRING([
      IF(s.fatigue_score < 50, 'EXTREME_FATIGUE', NULL),
      IF(ABS(s.shot_zone_mismatch_score) > 8, 'EXTREME_MATCHUP', NULL),
      IF(
        ABS((s.fatigue_score - 100) / 20 + s.shot_zone_mismatch_score + s.pace_score + s.usage_spike_score) > 12,
        'EXTREME_ADJUSTMENT', NULL
      )
    ], '; '), '') AS warnings,
    NULLIF(ARRAY_TO_STRING([
      x.rest_missing_reason,
      IF(x.player_age IS NULL, 'age unknown: nothing taken off for it', NULL),
      IF(x.primary_scoring_zone IS NULL, 'no shot zones of the player', NULL),
      IF(x.paint_defense_vs_league_avg IS NULL, 'no zones of the defense', NULL),
      IF(x.pace_differential IS NULL, 'no pace of both teams', NULL),
      IF(NOT x.has_injury_report, 'no injury report', NULL),
      IF(x.has_injury_report AND s.usage_spike_score IS NULL, 'no usage of the player', NULL)
    ], '; '), '') AS missing_reason
  FROM situations AS x
  JOIN scores AS s ON s.game_id = x.game_id AND s.player_lookup = x.player_lookup
)

SELECT * FROM final
