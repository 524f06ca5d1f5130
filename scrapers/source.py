"""What a source is: a small description that the one lifecycle runs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal, Self

from data_processors.raw.nba_schedule.slate import Slate
from shared.messages import MAX_SPAN_DAYS, AsOf, DateSpan

SlateReader = Callable[[DateSpan], Slate]


class NotReadyError(Exception):
    """A source cannot run yet: something that it builds on is not there. Nothing is stored."""


class NothingToFetchError(Exception):
    """The schedule proves that there is nothing to fetch; the text is the proof."""


@dataclass(frozen=True)
class Credential:
    """A key that a provider wants; it is added on the wire and kept nowhere.

    Args:
        name: of the query parameter or header that carries it.
        prefix: what stands before it, e.g. "Bearer ".
    """

    name: str
    variable: str
    secret_id: str
    place: Literal["query", "header"] = "query"
    prefix: str = ""


@dataclass(frozen=True)
class Provider:
    """Whom we ask, how we introduce ourselves, and how often we may.

    Args:
        proxied: ask through the proxy of the secret `scraper-proxy-url`, where there is one.
    """

    name: str
    headers: Mapping[str, str]
    seconds_between_requests: float
    credential: Credential | None = None
    proxied: bool = False


@dataclass(frozen=True)
class RequestSpec:
    """One GET. `read` turns the body into its model or raises BodyError.

    Args:
        kind: the form of the body, by which a parser knows it.
        request_key: names what is asked for, so that a body can be compared with the last one for it.
        empty_statuses: HTTP statuses by which the provider says that it has nothing.
        backup: asked when this brings no valid body; it tells the same in its own form.
        provider: whom to ask when it is not the source's own provider; it gets no credential.
    """

    kind: str
    request_key: str
    url: str
    params: Mapping[str, str]
    game_date: date
    read: Callable[[bytes], Any]
    nba_game_id: str | None = None
    event_id: str | None = None
    empty_statuses: frozenset[int] = frozenset()
    backup: Self | None = None
    provider: Provider | None = None


@dataclass(frozen=True)
class Task:
    """What a run is asked for; with `game_id` only that game."""

    span: DateSpan
    knowledge: AsOf = field(default_factory=AsOf)
    game_id: str | None = None


def no_follow_ups(_task: Task, _spec: RequestSpec, _body: Any) -> Sequence[RequestSpec]:
    """Most sources know all their requests beforehand."""
    return ()


@dataclass(frozen=True)
class Source:
    """One kind of body of one provider.

    Args:
        days_ahead: how far after today a date may lie.
        days: how many dates a run may ask for; a provider that only knows the present has one.
        by_game: its bodies are of single games, so that one can be asked for.
        requests: the first requests; raises NotReadyError or NothingToFetchError.
        follow_ups: further requests that a valid body of the first ones leads to.
        volatile_keys: top-level keys that change although the content does not.
        content: what of a body that was read is its content, as JSON; the body itself without.
    """

    name: str
    description: str
    provider: Provider
    days_ahead: int
    requests: Callable[[Task, SlateReader], Sequence[RequestSpec]]
    follow_ups: Callable[[Task, RequestSpec, Any], Sequence[RequestSpec]] = no_follow_ups
    volatile_keys: frozenset[str] = field(default_factory=frozenset)
    content: Callable[[RequestSpec, Any], bytes] | None = None
    days: int = MAX_SPAN_DAYS
    by_game: bool = False
