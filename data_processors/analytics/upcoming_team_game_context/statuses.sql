-- Who is out of each of `games` (game_id, cutoff) by the reports until its cutoff. A report replaces the one before it:
-- who is no longer on it is no longer hurt. A team that had not reported is not a healthy one.
newest_reports AS (
  SELECT g.game_id, MAX(i.report_at) AS report_at
  FROM games AS g
  JOIN nba_raw.nba_injury_report AS i ON i.game_id = g.game_id AND i.report_at <= g.cutoff
  WHERE i.game_date BETWEEN @from_date AND @to_date AND NOT i.availability_assumed
  GROUP BY g.game_id
),

statuses AS (
  SELECT
    i.game_id, i.team_abbr, i.player_lookup, i.status, i.reason, i.submitted, i.report_at, i.availability_assumed
  FROM nba_raw.nba_injury_report AS i
  JOIN games AS g ON g.game_id = i.game_id
  LEFT JOIN newest_reports AS n ON n.game_id = i.game_id
  WHERE i.game_date BETWEEN @from_date AND @to_date
    AND i.report_at <= g.cutoff
    AND (i.availability_assumed OR i.report_at = n.report_at)
),

-- Absences read off a box score are those of both teams: beside them no report is missing.
silent_teams AS (
  SELECT game_id, team_abbr
  FROM statuses
  WHERE game_id NOT IN (SELECT game_id FROM statuses WHERE availability_assumed)
  GROUP BY game_id, team_abbr
  HAVING LOGICAL_AND(NOT submitted)
),

injuries AS (
  SELECT game_id, player_lookup, status, reason
  FROM statuses
  WHERE submitted
  QUALIFY ROW_NUMBER() OVER (PARTITION BY game_id, player_lookup ORDER BY report_at DESC, status) = 1
),
