"""cdn.nba.com: the live data and static files of NBA.com."""
