"""The sources by name."""

from scrapers.nba_stats import box_scores, schedule
from scrapers.odds_api import odds
from scrapers.source import Source

SOURCES: dict[str, Source] = {module.SOURCE.name: module.SOURCE for module in (schedule, box_scores, odds)}
