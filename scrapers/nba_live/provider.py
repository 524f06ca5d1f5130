"""How cdn.nba.com is asked: as NBA.com's own pages ask it."""

from scrapers.nba_stats.provider import NBA_STATS
from scrapers.source import Provider

CDN_URL = "https://cdn.nba.com/static/json"
NBA_CDN = Provider(name="nba_cdn", headers=NBA_STATS.headers, seconds_between_requests=0.1)
# What is not there (yet) is answered as something one may not see.
ABSENT = frozenset({403})
