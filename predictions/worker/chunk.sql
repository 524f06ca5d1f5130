-- Everything about a chunk in one read: who is asked for, his features in the contract's version, his lines; beside
-- each what has become of the chunk and which models are champion. Parameter output: the chunk's name in the pipeline's state.
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

-- Counted over the whole date: in one game a book may price all lines alike by chance.
constant_books AS (
  SELECT l.bookmaker
  FROM nba_analytics.upcoming_player_game_context AS c
  CROSS JOIN UNNEST(c.`lines`) AS l
  WHERE
    c.game_date = @game_date
    AND l.snapshot_at <= c.cutoff
    AND ABS(l.over_price) >= 100
    AND ABS(l.under_price) >= 100
  GROUP BY l.bookmaker
  HAVING COUNT(DISTINCT TO_JSON_STRING(STRUCT(l.over_price AS over_price, l.under_price AS under_price))) = 1
),

chunk AS (
  SELECT state, generation, rows_stored, attempt_id
  FROM nba_orchestration.pipeline_state
  WHERE game_date = @game_date AND output = @output
),

champions AS (
  SELECT ARRAY_AGG(model_id ORDER BY model_id) AS champions
  FROM nba_predictions.ml_models
  WHERE status = 'champion'
),

final AS (
  SELECT
    r.* EXCEPT (requested_cutoff, requested_quality),
    -- Whom the store has dropped since he was asked for keeps the cutoff and quality of then.
    IF(f.feature_version IS NULL, r.requested_cutoff, f.cutoff) AS cutoff,
    IF(f.feature_version IS NULL, r.requested_quality, f.quality_score) AS quality_score,
    f.* EXCEPT (player_lookup, cutoff, quality_score),
    -- The two tables are written one after the other: what the features could not know yet is no offer to them.
    ARRAY(
      SELECT l FROM UNNEST(o.`lines`) AS l
      WHERE l.snapshot_at <= COALESCE(f.cutoff, r.requested_cutoff)
    ) AS `lines`,
    ARRAY(SELECT bookmaker FROM constant_books ORDER BY bookmaker) AS constant_books,
    chunk.state AS chunk_state,
    chunk.generation AS chunk_generation,
    chunk.rows_stored AS chunk_rows,
    chunk.attempt_id AS chunk_attempt_id,
    champions.champions
  FROM requested AS r
  CROSS JOIN champions
  LEFT JOIN chunk ON TRUE
  LEFT JOIN features AS f ON f.player_lookup = r.player_lookup
  LEFT JOIN offers AS o ON o.player_lookup = r.player_lookup
)

SELECT * FROM final ORDER BY player_lookup
