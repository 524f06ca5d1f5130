-- Each book's quotes in its last snapshot before the tip, as grading knows them.
WITH games AS (
  SELECT game_id, tip_at
  FROM nba_raw.nba_schedule
  WHERE game_date BETWEEN @from_date AND @to_date
),

-- #include ../grading/prediction_accuracy/closing_quotes.sql

final AS (
  SELECT
    game_id,
    player_lookup,
    bookmaker,
    line,
    is_main,
    closed_at,
    ROUND(implied_over / (implied_over + implied_under), 6) AS no_vig_p_over
  FROM closing_quotes
)

SELECT * FROM final
