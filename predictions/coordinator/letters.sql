-- Dead letters with the newest decision about each, newest letters first.
WITH decisions AS (
  SELECT dead_letter_id, decision, reason, decided_at
  FROM nba_orchestration.dead_letter_decisions
  WHERE TRUE
  QUALIFY ROW_NUMBER() OVER (PARTITION BY dead_letter_id ORDER BY decided_at DESC, decision_id DESC) = 1
),

final AS (
  SELECT
    l.dead_letter_id,
    l.occurred_at,
    l.service,
    l.origin,
    l.message_id,
    l.error_type,
    l.reason,
    IF(@with_payload, l.payload, NULL) AS payload,
    d.decision,
    d.reason AS decision_reason,
    d.decided_at
  FROM nba_orchestration.dead_letters AS l
  LEFT JOIN decisions AS d ON d.dead_letter_id = l.dead_letter_id
  WHERE
    (@dead_letter_id IS NULL OR l.dead_letter_id = @dead_letter_id)
    AND (@every OR d.dead_letter_id IS NULL)
)

SELECT * FROM final ORDER BY occurred_at DESC, dead_letter_id LIMIT @taken OFFSET @skipped
