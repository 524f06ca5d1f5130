-- How each source fared: its newest run, its newest good one, and its figures since then.
-- Parameter: since TIMESTAMP, also how far back a run is looked for.
WITH runs AS (
  SELECT
    *,
    ROW_NUMBER() OVER (PARTITION BY source ORDER BY started_at DESC, run_id) AS nth,
    ROW_NUMBER() OVER (
      PARTITION BY source, quota_used IS NULL ORDER BY started_at DESC, run_id
    ) AS nth_of_kind
  FROM nba_orchestration.scrape_runs
  WHERE started_at >= @since
),

final AS (
  SELECT
    source,
    MAX(IF(nth = 1, status, NULL)) AS status,
    MAX(IF(nth = 1, reason, NULL)) AS reason,
    MAX(IF(nth = 1, correlation_id, NULL)) AS correlation_id,
    MAX(finished_at) AS newest_run,
    MAX(IF(status IN ('success', 'no_data'), finished_at, NULL)) AS newest_good_run,
    COUNT(*) AS runs,
    COUNTIF(status = 'failed') AS failed_runs,
    SUM(bodies) AS bodies,
    SUM(changed_bodies) AS changed_bodies,
    SUM(failed_requests) AS failed_requests,
    MAX(IF(nth = 1, unknown_fields, NULL)) AS unknown_fields,
    MAX(IF(nth_of_kind = 1, quota_used, NULL)) AS quota_used,
    MAX(IF(nth_of_kind = 1, quota_remaining, NULL)) AS quota_remaining
  FROM runs
  GROUP BY source
)

SELECT * FROM final ORDER BY source
