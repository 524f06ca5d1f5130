"""What the Odds API checks in a request, and how it refuses one."""

from __future__ import annotations

import re
import secrets
from datetime import UTC, datetime

from flask import Response
from werkzeug.datastructures import MultiDict

from deploy.local.upstream.bodies import json_response
from deploy.local.upstream.market import SPORT_KEY, BoardQuery

Args = MultiDict[str, str]

REGIONS = frozenset({"us", "us2", "us_dfs", "us_ex", "uk", "eu", "fr", "se", "au"})
_MARKET = re.compile(
    r"h2h|spreads|totals|outrights|(player|alternate|team)_[a-z0-9_]+|(h2h|spreads|totals)_[a-z0-9_]+"
)
_EVENT_ID = re.compile(r"[0-9a-f]{32}")
# to the second and with Z: milliseconds and +00:00 are refused upstream too
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z")
_HELP = "https://the-odds-api.com/liveapi/guides/v4/api-error-codes.html"


class OddsApiError(Exception):
    """A refusal, with upstream's status and error code."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message

    def response(self) -> Response:
        details = f"{_HELP}#{self.code.lower().replace('_', '-')}"
        body = {"message": self.message, "error_code": self.code, "details_url": details}
        return json_response(body, self.status)


def check_key(args: Args, accepted: str | None) -> None:
    """401 without a key, or with another than `accepted`; any will do when that is None."""
    key = args.get("apiKey", "")
    if not key:
        raise OddsApiError(401, "MISSING_KEY", "API key is missing")
    if accepted is not None and not secrets.compare_digest(key.encode(), accepted.encode()):
        raise OddsApiError(
            401, "INVALID_KEY", "API key is not valid. Get an API key at https://the-odds-api.com"
        )


def check_sport(sport: str) -> None:
    if sport != SPORT_KEY:
        raise OddsApiError(404, "UNKNOWN_SPORT", "Unknown sport")


def check_date_format(args: Args) -> None:
    if args.get("dateFormat", "iso") != "iso":
        raise OddsApiError(
            422, "INVALID_DATE_FORMAT", "Invalid dateFormat parameter: only iso is served here"
        )


def check_event_id(event_id: str) -> None:
    if not _EVENT_ID.fullmatch(event_id):
        raise OddsApiError(422, "INVALID_EVENT_ID", "Invalid event id. Event ids are 32 characters in length")


def historical_date(args: Args, now: datetime) -> datetime:
    """The `date` of a historical request. 422 when it is missing, malformed or later than `now`."""
    text = args.get("date", "")
    if not text:
        raise OddsApiError(422, "MISSING_HISTORICAL_TIMESTAMP", "Missing date parameter")
    instant = _instant(text, "INVALID_HISTORICAL_TIMESTAMP", "date")
    if instant > now:
        raise OddsApiError(
            422, "INVALID_HISTORICAL_TIMESTAMP", f"Invalid date parameter: {text} is in the future"
        )
    return instant


def commence_range(args: Args) -> tuple[datetime | None, datetime | None]:
    """commenceTimeFrom and commenceTimeTo, both inclusive, either may be open."""
    start = _optional_instant(args, "commenceTimeFrom", "INVALID_COMMENCE_TIME_FROM")
    stop = _optional_instant(args, "commenceTimeTo", "INVALID_COMMENCE_TIME_TO")
    if start and stop and stop <= start:
        message = "commenceTimeTo must be later than commenceTimeFrom"
        raise OddsApiError(422, "INVALID_COMMENCE_TIME_RANGE", message)
    return start, stop


def board_query(args: Args, *, historical: bool) -> BoardQuery:
    """markets (default h2h), regions or bookmakers (which win), oddsFormat (default decimal)."""
    markets, books, regions = _list(args, "markets"), _list(args, "bookmakers"), _list(args, "regions")
    if not (books or regions):
        raise OddsApiError(422, "MISSING_REGION", "Missing regions or bookmakers key")
    if unknown := sorted(regions - REGIONS):
        raise OddsApiError(422, "INVALID_REGION", f"Invalid region parameter: {', '.join(unknown)}")
    if unknown := sorted(market for market in markets if not _MARKET.fullmatch(market)):
        raise OddsApiError(422, "INVALID_MARKET", f"Invalid markets: {', '.join(unknown)}")
    odds_format = args.get("oddsFormat", "decimal")
    if odds_format not in ("decimal", "american"):
        raise OddsApiError(
            422, "INVALID_ODDS_FORMAT", "Invalid oddsFormat parameter: use decimal or american"
        )
    return BoardQuery(markets or frozenset({"h2h"}), books, regions, odds_format == "decimal", historical)


def _list(args: Args, name: str) -> frozenset[str]:
    return frozenset(part.strip() for part in args.get(name, "").split(",") if part.strip())


def _optional_instant(args: Args, name: str, code: str) -> datetime | None:
    text = args.get(name, "")
    return _instant(text, code, name) if text else None


def _instant(text: str, code: str, name: str) -> datetime:
    try:
        if _INSTANT.fullmatch(text):
            return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        pass
    raise OddsApiError(422, code, f"Invalid {name} parameter. The format must be YYYY-MM-DDTHH:MM:SSZ")
