WITH numbered AS (
  SELECT
    * EXCEPT (generation, run_id, written_at),
    ROW_NUMBER() OVER (ORDER BY game_id, player_lookup, system_id, bookmaker, line) AS position
  FROM nba_predictions.player_prop_predictions
  WHERE
    game_date = @game_date
    AND (@player_lookup IS NULL OR player_lookup = @player_lookup)
    AND (@system_id IS NULL OR system_id = @system_id)
)

SELECT * EXCEPT (position) FROM numbered WHERE position <= @row_limit ORDER BY position
