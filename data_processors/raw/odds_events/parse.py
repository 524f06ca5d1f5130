"""Odds API v4 events -> odds_events."""

from data_processors.raw.landed import LandedBody
from data_processors.raw.odds_boards import game_of
from data_processors.raw.table import Known, Parsed, Row
from scrapers.bodies import kept, rejected
from scrapers.odds_api.bodies import OddsEvent, read_events
from shared.clock import eastern_date


def parse(landed: LandedBody, known: Known) -> Parsed:
    """Every event of a list; nothing of boards, nor while the schedule is not loaded."""
    if landed.kind != "events":
        return Parsed()
    listed = read_events(landed.body)
    listed_at = listed.timestamp or landed.served_at
    rows = {
        event.id: {**_row(event, known), "listed_at": listed_at}
        for event in kept(listed.data)
        if known.slate.covers(eastern_date(event.commence_time))
    }
    return Parsed(rows=list(rows.values()), rejected=rejected(listed.data))


def _row(event: OddsEvent, known: Known) -> Row:
    game = game_of(event, known.slate)
    return {
        "game_date": eastern_date(event.commence_time),
        "event_id": event.id,
        "game_id": game.game_id if game else None,
        "nba_game_id": game.nba_game_id if game else None,
        "home_team": event.home_team,
        "away_team": event.away_team,
        "commence_at": event.commence_time,
    }
