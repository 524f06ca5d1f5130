"""BettingPros offers -> bp_player_props."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

from data_processors.raw.bp_player_props.books import bookmaker_of
from data_processors.raw.landed import LandedBody
from data_processors.raw.nba_schedule.slate import Game
from data_processors.raw.table import Known, Parsed, Row, Unresolved
from scrapers.bettingpros.bodies import BookLine, Offer, OpeningLine, Selection, read_offers
from scrapers.bodies import Rejected, kept, rejected
from scrapers.odds_api.prices import quoted
from shared.identity.names import player_lookup
from shared.identity.resolver import Resolver
from shared.identity.teams import tricode_of

# (book id, number) -> the lines of it, by side
Lines = dict[tuple[int, float], dict[str, BookLine]]


def parse(landed: LandedBody, known: Known) -> Parsed:
    """Every pre-tip line of a page of offers; nothing while the schedule is not loaded."""
    if landed.kind != "bp_offers" or not known.slate.covers(landed.game_date):
        return Parsed()
    body = read_offers(landed.body)
    offers = kept(body.offers)
    bad = [*rejected(body.offers), *_rejected(offers)]
    games = _games(offers, known.slate.on(landed.game_date))
    rows: dict[tuple[object, ...], Row] = {}
    for offer in offers:
        if game := games.get(offer.event_id):
            try:
                found = list(_rows(offer, game, landed, known.resolver))
            except ValueError as error:
                bad.append(Rejected(f"participants.name: {error}", offer.model_dump()))
                continue
            rows |= {
                (r["game_id"], r["bookmaker"], r["player_lookup"], r["line"], r["snapshot_at"]): r
                for r in found
            }
    lost = {offer.event_id for offer in offers} - games.keys()
    unmatched = [f"no game of event {event} on {landed.game_date} in the schedule" for event in sorted(lost)]
    return Parsed(list(rows.values()), _unresolved(rows.values()), unmatched, bad)


def _games(offers: Iterable[Offer], slate: list[Game]) -> dict[int, Game]:
    """The game of each event: the one in which most of its players' teams play.

    An offer does not name the game's teams, only its player's present one, which may be none ("FA") or, after
    a trade, another's.
    """
    votes: dict[int, Counter[Game]] = defaultdict(Counter)
    for offer in offers:
        team = _team(offer)
        votes[offer.event_id].update(g for g in slate if team in (g.home_team, g.away_team))
    return {event: found.most_common(1)[0][0] for event, found in votes.items() if found}


def _team(offer: Offer) -> str | None:
    player = offer.participants[0].player
    try:
        return tricode_of((player and player.team) or "")
    except ValueError:
        return None


def _rejected(offers: Iterable[Offer]) -> Iterator[Rejected]:
    """Sides, books and numbers that are not what they should be."""
    for offer in offers:
        yield from rejected(offer.selections)
        for selection in kept(offer.selections):
            yield from rejected(selection.books)
            for book in kept(selection.books):
                yield from rejected(book.lines)


def _rows(offer: Offer, game: Game, landed: LandedBody, resolver: Resolver) -> Iterator[Row]:
    """Over and under of one book and number as one row. Raises ValueError when the player has no name."""
    name = offer.participants[0].name
    lookup = player_lookup(name)
    player = resolver.resolve(name, (game.away_team, game.home_team))
    shared = {
        "game_date": game.game_date,
        "game_id": game.game_id,
        "bp_event_id": offer.event_id,
        "bp_offer_id": offer.id,
        "bp_player_id": offer.player_id,
        "player_lookup": player.player_lookup if player else lookup,
        "player_id": player.player_id if player else None,
        "player_name": name,
        "listed_at": landed.served_at,
        "tip_at": game.tip_at,
        **_opening(kept(offer.selections)),
    }
    for (book_id, number), sides in _joined(kept(offer.selections)).items():
        snapshot_at = max((s.updated for s in sides.values() if s.updated), default=landed.served_at)
        if snapshot_at < game.tip_at:
            book = {"bookmaker": bookmaker_of(book_id), "book_id": book_id, "line": number}
            yield {**shared, **book, "snapshot_at": snapshot_at, **_offered(sides)}


def _joined(selections: Iterable[Selection]) -> Lines:
    lines: Lines = defaultdict(dict)
    for selection in selections:
        for book in kept(selection.books):
            for line in kept(book.lines):
                lines[book.id, line.line][selection.selection] = line
    return lines


def _offered(sides: dict[str, BookLine]) -> Row:
    over, under = sides.get("over"), sides.get("under")
    said = [side.active for side in sides.values() if side.active is not None]
    return {
        "over_price": quoted(over.cost).american if over else None,
        "under_price": quoted(under.cost).american if under else None,
        "is_active": any(said) if said else None,
        "is_best_over": over.best if over else None,
        "is_best_under": under.best if under else None,
    }


def _opening(selections: Iterable[Selection]) -> Row:
    """The first numbers of both sides; whose and when from the over, where there is one."""
    by_side = {each.selection: each.opening_line for each in selections if each.opening_line}
    first: OpeningLine | None = by_side.get("over") or by_side.get("under")
    book = first.book_id if first else None
    return {
        **_number("over", by_side.get("over")),
        **_number("under", by_side.get("under")),
        "opening_bookmaker": bookmaker_of(book) if book is not None else None,
        "opening_at": first.created if first else None,
    }


def _number(side: str, opening: OpeningLine | None) -> Row:
    return {
        f"opening_{side}_line": opening.line if opening else None,
        f"opening_{side}_price": quoted(opening.cost).american if opening else None,
    }


def _unresolved(rows: Iterable[Row]) -> list[Unresolved]:
    nobody = {(r["game_date"], r["player_name"], r["game_id"]) for r in rows if r["player_id"] is None}
    return [Unresolved(*each) for each in sorted(nobody)]
