"""stats.nba.com."""
