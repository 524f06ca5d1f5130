"""All requests of a run, several at a time, round by round: first requests, then what they lead to."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from time import monotonic
from typing import Any, NamedTuple

from scrapers.bodies import BodyError
from scrapers.http_client import HttpClient, RequestFailedError
from scrapers.landing import Body, content_hash
from scrapers.source import RequestSpec, Source, Task

_PARALLEL = 8
# Under the service's request timeout of 600 s: what is not fetched by then is a failed request.
_RUN_SECONDS = 420.0
_REDACTED = b"[redacted]"


class Failure(NamedTuple):
    """A request without a usable answer."""

    spec: RequestSpec
    reason: str


@dataclass
class Harvest:
    """What a run's requests brought."""

    bodies: list[Body] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)


class _Result(NamedTuple):
    spec: RequestSpec
    body: Body | None = None
    model: Any = None
    failure: Failure | None = None


def fetch_all(
    client: HttpClient, source: Source, task: Task, specs: Sequence[RequestSpec], credential: str | None
) -> Harvest:
    """Fetches, validates and follows up; a bad body or a failed request never stops the others."""
    fetch = _Fetch(client, source, credential, monotonic() + _RUN_SECONDS)
    harvest = Harvest()
    with _pool() as run:
        while specs:
            results = list(run(fetch, specs))
            harvest.bodies += [r.body for r in results if r.body]
            harvest.failures += [r.failure for r in results if r.failure]
            specs = [
                further
                for r in results
                if r.model is not None
                for further in source.follow_ups(task, r.spec, r.model)
            ]
    return harvest


@contextmanager
def _pool() -> Iterator[Callable[..., Iterator[_Result]]]:
    with ThreadPoolExecutor(_PARALLEL, thread_name_prefix="fetch") as pool:
        yield pool.map


@dataclass(frozen=True)
class _Fetch:
    client: HttpClient
    source: Source
    credential: str | None
    deadline: float

    def __call__(self, spec: RequestSpec) -> _Result:
        provider, secret = self.source.provider, self.credential
        key = {provider.credential.parameter: secret} if provider.credential and secret else {}
        try:
            answer = self.client.get(
                spec.url,
                {**spec.params, **key},
                provider.headers,
                provider.seconds_between_requests,
                self.deadline,
                spec.empty_statuses,
            )
        except RequestFailedError as error:
            return _Result(spec, failure=Failure(spec, str(error)))
        if secret:
            # A provider's error page may quote the request, key and all.
            answer = replace(answer, body=answer.body.replace(secret.encode(), _REDACTED))
        return self._validated(spec, Body(spec, answer, content_hash(answer.body, self.source.volatile_keys)))

    def _validated(self, spec: RequestSpec, body: Body) -> _Result:
        if body.answer.status in spec.empty_statuses:
            return _Result(spec, body)
        try:
            return _Result(spec, body, spec.read(body.answer.body))
        except BodyError as error:
            return _Result(spec, replace(body, invalid_reason=str(error)))
