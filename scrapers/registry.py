"""The sources by name."""

from scrapers.balldontlie import bdl_box_scores
from scrapers.bettingpros import bettingpros
from scrapers.espn import rosters
from scrapers.nba_injury import injury_report
from scrapers.nba_live import play_by_play
from scrapers.nba_stats import box_scores, player_index, schedule
from scrapers.odds_api import odds
from scrapers.source import Source

SOURCES: dict[str, Source] = {
    module.SOURCE.name: module.SOURCE
    for module in (
        schedule,
        player_index,
        rosters,
        injury_report,
        box_scores,
        play_by_play,
        bdl_box_scores,
        odds,
        bettingpros,
    )
}
