-- Everything about a chunk in one read: who is asked for, his features in the contract's version, his lines.
WITH requested AS (
  SELECT
    game_date,
    game_id,
    tip_at,
    player_lookup,
    player_id,
    player_name,
    team_abbr,
    opponent_team_abbr,
    cutoff AS requested_cutoff,
    quality_score AS requested_quality
  FROM nba_predictions.prediction_requests
  WHERE
    game_date = @game_date
    AND batch_id = @batch_id
    AND game_id = @game_id
    AND status = 'REQUESTED'
),

features AS (
  SELECT * EXCEPT (game_date, game_id, tip_at, player_id, player_name, team_abbr, opponent_team_abbr, run_id)
  FROM nba_predictions.ml_feature_store
  WHERE game_date = @game_date AND game_id = @game_id AND feature_version = @feature_version
),

offers AS (
  SELECT player_lookup, `lines`
  FROM nba_analytics.upcoming_player_game_context
  WHERE game_date = @game_date AND game_id = @game_id
),

final AS (
  SELECT
    r.*,
    f.* EXCEPT (player_lookup),
    -- The two tables are written one after the other: what the features could not know yet is no offer to them.
    ARRAY(
      SELECT l FROM UNNEST(o.`lines`) AS l
      WHERE l.snapshot_at <= COALESCE(f.cutoff, r.requested_cutoff)
    ) AS `lines`
  FROM requested AS r
  LEFT JOIN features AS f ON f.player_lookup = r.player_lookup
  LEFT JOIN offers AS o ON o.player_lookup = r.player_lookup
)

SELECT * FROM final ORDER BY player_lookup
