"""The double's revisions on HTTP: /WORLD/SERVICE/... by the split of traffic, /WORLD/TAG---SERVICE/...

A revision is a small service with the real app factory, hence the real authentication, identity and OpenAPI
document, that behaves as its cue says; or it is a real service somewhere else. Every request is logged as
Cloud Run would. Usage: front.py FOLDER-OF-WORLDS PORT
"""

import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

import requests
import world
from flask import Response, jsonify
from pydantic import BaseModel
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Request
from werkzeug.wrappers import Response as Answer

from deploy.registry import services
from shared.http.app import create_service
from shared.settings import Settings

Wsgi = Callable[[WSGIEnvironment, StartResponse], Iterable[bytes]]
_HOPS = {"connection", "transfer-encoding", "content-encoding", "content-length", "keep-alive", "host"}
# No key signs anything here, so no token is valid.
_CERTS = "/certs"
_session = requests.Session()


class TeamPath(BaseModel):
    team_abbr: str


class Front:
    """Cloud Run's front."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._apps: dict[tuple[str, str], Wsgi] = {}
        self._counts: dict[str, int] = defaultdict(int)

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        if environ["PATH_INFO"] == _CERTS:
            return Answer("{}", content_type="application/json")(environ, start)
        _, name, host, *rest = environ["PATH_INFO"].split("/", 3)
        folder = self._folder / name
        tag, _, service_name = host.rpartition("---")
        service = world.read(folder)["services"].get(service_name)
        target = self._chosen(service_name, service, tag) if service else None
        if service is None or target is None:
            return Answer("no such revision", 404)(environ, start)
        inside = {**environ, "SCRIPT_NAME": "", "PATH_INFO": "/" + "".join(rest)}
        began, moment = time.perf_counter(), datetime.now(UTC)
        answer = self._answer(name, service, target, inside)
        # Not the probes of the platform and of the deploy: they are no work.
        seconds = time.perf_counter() - began
        self._log(folder, service_name, target, inside, answer.status_code, seconds, moment)
        return answer(environ, start)

    def _chosen(self, name: str, service: dict[str, Any], tag: str) -> str | None:
        """By tag, or in turn by percent: of each hundred requests exactly so many."""
        if tag:
            return next((each["revision"] for each in service["traffic"] if each["tag"] == tag), None)
        split = world.traffic(service)
        if not split:
            return None
        self._counts[name] += 1
        # 37 and 100 have no common factor: the hundred positions are visited once each, well mixed.
        position = self._counts[name] * 37 % 100
        for revision, percent in sorted(split.items()):
            if position < percent:
                return revision
            position -= percent
        return None

    def _answer(self, name: str, service: dict[str, Any], target: str, environ: WSGIEnvironment) -> Answer:
        made = world.revision(service, target)
        behaviour = made["behaviour"]
        if "backend" in behaviour:
            return _forwarded(behaviour["backend"], environ)
        percent = world.traffic(service).get(target, 0)
        fails = percent >= behaviour.get("errors_from", 0) and "errors" in behaviour
        if fails and environ["PATH_INFO"] not in ("/health", "/ready", "/openapi.json"):
            self._counts[target] += 1
            if self._counts[target] % behaviour["errors"] == 0:
                return Answer("{}", 500)
        if environ["REQUEST_METHOD"] == "POST" and behaviour.get("refuses_pushes"):
            return Answer("{}", 401)
        if percent >= behaviour.get("unready_from", 101) and environ["PATH_INFO"] == "/ready":
            return Answer("{}", 503)
        if percent >= behaviour.get("slow_from", 101):
            time.sleep(behaviour["slow"])
        key = (name, target)
        if key not in self._apps:
            certs = f"http://{environ['HTTP_HOST']}{_CERTS}"
            self._apps[key] = _app(made, target, certs)
        return Answer.from_app(self._apps[key], environ)

    def _log(
        self,
        folder: Path,
        service: str,
        revision: str,
        environ: WSGIEnvironment,
        status: int,
        seconds: float,
        moment: datetime,
    ) -> None:
        row = {
            "insertId": f"{time.time_ns()}",
            "timestamp": moment.isoformat(),
            "severity": "ERROR" if status >= 500 else "INFO",
            "resource": {"labels": {"service_name": service, "revision_name": revision}},
            "httpRequest": {
                "requestMethod": environ["REQUEST_METHOD"],
                "requestUrl": f"https://{service}.a.run.app{Request(environ).full_path.rstrip('?')}",
                "status": status,
                "latency": f"{seconds:.9f}s",
                "userAgent": environ.get("HTTP_USER_AGENT", ""),
            },
        }
        world.append(folder, world.REQUESTS, row)


def _forwarded(backend: str, environ: WSGIEnvironment) -> Answer:
    asked = Request(environ)
    headers = {name: value for name, value in asked.headers.items() if name.lower() not in _HOPS}
    try:
        got = _session.request(
            asked.method,
            backend + asked.full_path,
            headers=headers,
            data=asked.get_data(),
            timeout=600,
            allow_redirects=False,
        )
    except requests.RequestException:
        return Answer("the revision does not answer", 503)
    kept = [(name, value) for name, value in got.headers.items() if name.lower() not in _HOPS]
    return Answer(got.content, got.status_code, kept)


def _app(made: dict[str, Any], name: str, certs: str) -> Wsgi:
    behaviour, env = made["behaviour"], made["env"]
    settings = Settings(
        SERVICE=behaviour.get("service", env["SERVICE"]),
        PORT=8080,
        GOOGLE_CLOUD_PROJECT=env["GOOGLE_CLOUD_PROJECT"],
        VALID_API_KEYS=made["keys"],
        OIDC_AUDIENCE=env["OIDC_AUDIENCE"],
        OIDC_SERVICE_ACCOUNTS=env["OIDC_SERVICE_ACCOUNTS"],
        OIDC_CERTS_URL=certs,
        K_REVISION=name,
        COMMIT_SHA=behaviour.get("commit", env["COMMIT_SHA"]),
    )
    born = time.monotonic()

    def warehouse() -> None:
        if time.monotonic() - born < behaviour.get("ready_after", 0):
            raise RuntimeError("not yet")

    app = create_service(settings, env["SERVICE"], {"warehouse": warehouse})
    read = services()[env["SERVICE"]].safe_read.partition("?")[0]

    def rows(path: TeamPath) -> Response:
        return jsonify({"rows": []})

    def plain() -> Response:
        return jsonify({"rows": []})

    if env["SERVICE"] == "analytics":
        app.get("/api/v1/teams/<string:team_abbr>/games", summary="Games")(rows)
    elif read != "/ready":
        app.get(read, summary="A read")(plain)
    app.post("/process", summary="Work")(plain)
    if behaviour.get("open_route"):
        app.before_request_funcs.setdefault(None, []).insert(0, _let_in)
    return app.wsgi_app


def _let_in() -> Any:
    """A revision whose gate has a hole."""
    from flask import request

    return jsonify({"rows": []}) if request.path.startswith("/api") else None


class _Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, type: str, message: str, *args: Any) -> None:
        """Its log is the requests' own."""


if __name__ == "__main__":
    front = Front(Path(sys.argv[1]))
    make_server("127.0.0.1", int(sys.argv[2]), front, threaded=True, request_handler=_Quiet).serve_forever()
