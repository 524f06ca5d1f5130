-- What ran, newest first: scrapes with their source, and what the phases did for a date, one row a run and phase.
-- Parameters: since TIMESTAMP; source (or an output), status STRING or NULL; skipped and last, which positions.
WITH scrapes AS (
  SELECT
    'scrapers' AS phase,
    source AS what,
    from_date,
    to_date,
    status,
    reason,
    started_at,
    finished_at,
    bodies AS amount,
    run_id,
    correlation_id
  FROM nba_orchestration.scrape_runs
  WHERE started_at >= @since
),

phase_runs AS (
  SELECT
    phase,
    STRING_AGG(DISTINCT IF(STARTS_WITH(output, 'chunk/'), 'chunks', output), ', ') AS what,
    MIN(game_date) AS from_date,
    MAX(game_date) AS to_date,
    CASE
      WHEN COUNTIF(state = 'FAILED') > 0 THEN 'FAILED'
      WHEN COUNTIF(state = 'DEGRADED') > 0 THEN 'DEGRADED'
      WHEN COUNTIF(state != 'RUNNING') = 0 THEN 'RUNNING'
      ELSE 'COMPLETE'
    END AS status,
    MAX(IF(state IN ('FAILED', 'DEGRADED'), reason, NULL)) AS reason,
    MIN(occurred_at) AS started_at,
    MAX(occurred_at) AS finished_at,
    SUM(IF(STARTS_WITH(output, 'chunk/'), NULL, rows_stored)) AS amount,
    run_id,
    MAX(correlation_id) AS correlation_id
  FROM nba_orchestration.pipeline_events
  WHERE occurred_at >= @since
  GROUP BY phase, run_id
),

both_kinds AS (
  SELECT * FROM scrapes
  UNION ALL
  SELECT * FROM phase_runs
),

final AS (
  SELECT *
  FROM both_kinds
  WHERE (@source IS NULL OR @source IN UNNEST(SPLIT(what, ', '))) AND (@status IS NULL OR LOWER(status) = LOWER(@status))
)

SELECT * FROM final ORDER BY started_at DESC, run_id, phase LIMIT @taken OFFSET @skipped
