"""All requests of a run, several at a time, round by round: first requests, then what they lead to."""

import re
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from time import monotonic
from typing import Any, NamedTuple

from scrapers.bodies import BodyError, unknown_fields
from scrapers.http_client import HttpClient, RequestFailedError
from scrapers.landing import Body, content_hash
from scrapers.source import Provider, RequestSpec, Source, Task
from shared.logs import Redactor

_PARALLEL = 8
# Under the service's request timeout of 600 s: what is not fetched by then is a failed request.
RUN_SECONDS = 420.0
# A file that is not there is refused in XML or JSON; a page is for somebody whom the provider does not want.
_PAGE = re.compile(rb"\s*<(!doctype html|html)", re.IGNORECASE)


class Failure(NamedTuple):
    """A request without a usable answer."""

    spec: RequestSpec
    reason: str


@dataclass
class Harvest:
    """What a run's requests brought; `rescued` are the request keys for which a backup answered."""

    bodies: list[Body] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    rescued: set[str] = field(default_factory=set)

    def problems(self) -> dict[str, str]:
        """request_key -> why it brought nothing usable."""
        found = {failure.spec.request_key: failure.reason for failure in self.failures}
        return found | {b.spec.request_key: str(b.invalid_reason) for b in self.bodies if not b.valid}


@dataclass(frozen=True)
class Access:
    """What a run needs beside the request: the provider's key, and the proxy for those that want one."""

    credential: str | None = None
    proxy: str | None = None


class _Result(NamedTuple):
    spec: RequestSpec
    body: Body | None = None
    model: Any = None
    failure: Failure | None = None
    rescued: bool = False

    @property
    def usable(self) -> bool:
        return self.body is not None and self.body.valid


def fetch_all(
    client: HttpClient,
    source: Source,
    task: Task,
    specs: Sequence[RequestSpec],
    access: Access,
    seconds: float = RUN_SECONDS,
) -> Harvest:
    """Fetches, validates and follows up; a bad body or a failed request never stops the others.

    Args:
        seconds: no request is begun after them; what is left then has failed.
    """
    fetch = _Fetch(client, source, access, monotonic() + min(seconds, RUN_SECONDS))
    harvest = Harvest()
    asked: set[str] = set()
    with _pool() as run:
        while specs := _not_asked(specs, asked):
            results = [result for tried in run(fetch, specs) for result in tried]
            harvest.bodies += [r.body for r in results if r.body]
            harvest.failures += [r.failure for r in results if r.failure]
            harvest.rescued |= {r.spec.request_key for r in results if r.rescued}
            specs = [
                further
                for r in results
                if r.model is not None
                for further in source.follow_ups(task, r.spec, r.model)
            ]
    return harvest


def _not_asked(specs: Sequence[RequestSpec], asked: set[str]) -> list[RequestSpec]:
    """Each request once a run, whatever leads to it."""
    fresh = {spec.request_key: spec for spec in specs if spec.request_key not in asked}
    asked.update(fresh)
    return list(fresh.values())


@contextmanager
def _pool() -> Iterator[Callable[..., Iterator[list[_Result]]]]:
    with ThreadPoolExecutor(_PARALLEL, thread_name_prefix="fetch") as pool:
        yield pool.map


@dataclass(frozen=True)
class _Fetch:
    client: HttpClient
    source: Source
    access: Access
    deadline: float

    def __call__(self, spec: RequestSpec) -> list[_Result]:
        """One result; two when the first was of no use and a backup was asked."""
        first = self._one(spec)
        if first.usable or spec.backup is None:
            return [first]
        second = self._one(spec.backup)
        return [first._replace(rescued=second.usable), second]

    def _one(self, spec: RequestSpec) -> _Result:
        provider = spec.provider or self.source.provider
        key = self.access.credential if spec.provider is None else None
        try:
            answer = self.client.get(
                spec.url,
                {**spec.params, **_sent(provider, key, "query")},
                {**provider.headers, **_sent(provider, key, "header")},
                provider.seconds_between_requests,
                self.deadline,
                spec.empty_statuses,
                self.access.proxy if provider.proxied else None,
            )
        except RequestFailedError as error:
            return _Result(spec, failure=Failure(spec, str(error)))
        if key:
            # A provider's error page may quote the request, key and all.
            answer = replace(answer, body=Redactor(frozenset({key})).scrub_bytes(answer.body))
        return self._validated(spec, Body(spec, answer, content_hash(answer.body, self.source.volatile_keys)))

    def _validated(self, spec: RequestSpec, body: Body) -> _Result:
        if body.empty:
            if _PAGE.match(body.answer.body):
                return _Result(
                    spec, failure=Failure(spec, f"HTTP {body.answer.status} with a page: blocked?")
                )
            return _Result(spec, body)
        try:
            model = spec.read(body.answer.body)
        except BodyError as error:
            return _Result(spec, replace(body, invalid_reason=str(error)))
        if self.source.content:
            body = replace(body, content_hash=content_hash(self.source.content(spec, model), frozenset()))
        return _Result(spec, replace(body, unknown_fields=frozenset(unknown_fields(model))), model)


def _sent(provider: Provider, key: str | None, place: str) -> dict[str, str]:
    """The key where the provider looks for it."""
    wanted = provider.credential
    if wanted is None or key is None or wanted.place != place:
        return {}
    return {wanted.name: f"{wanted.prefix}{key}"}
