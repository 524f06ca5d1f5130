"""The upstream server's application."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from deploy.local.upstream.archive import Archive
from deploy.local.upstream.balldontlie import balldontlie_blueprint
from deploy.local.upstream.bettingpros import bettingpros_blueprint
from deploy.local.upstream.bodies import json_response
from deploy.local.upstream.cdn import cdn_blueprint
from deploy.local.upstream.clock import SimulatedClock, parse_instant
from deploy.local.upstream.control import RequestCount, control_blueprint
from deploy.local.upstream.date_header import install_date
from deploy.local.upstream.espn import espn_blueprint
from deploy.local.upstream.faults import FaultBook, install_faults
from deploy.local.upstream.injury_report import injury_report_blueprint
from deploy.local.upstream.nba import nba_blueprint
from deploy.local.upstream.odds import odds_blueprint

MAX_BODY_BYTES = 1_000_000


def create_app(
    archive_dir: Path | str,
    now: datetime | str | None = None,
    *,
    memory: Path | None = None,
    odds_api_key: str | None = None,
    bettingpros_api_key: str | None = None,
    bdl_api_key: str | None = None,
) -> Flask:
    """Serves `archive_dir` as of `now` (zoned; default: a day after its last game).

    `odds_api_key` is the one key that the Odds API accepts, None any that is not empty;
    `bettingpros_api_key` is BettingPros' in the same way, `bdl_api_key` balldontlie's.
    `memory` is SimulatedClock's.
    ArchiveError when the folder is not an archive, ValueError when `now` has no zone.
    """
    archive = Archive(archive_dir)
    clock = SimulatedClock(_start(archive, now), memory)
    faults = FaultBook()
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES
    app.register_error_handler(HTTPException, _http_error)
    count = RequestCount(app)
    install_faults(app, faults)
    install_date(app, clock)
    app.register_blueprint(nba_blueprint(archive, clock))
    app.register_blueprint(cdn_blueprint(archive, clock))
    app.register_blueprint(balldontlie_blueprint(archive, clock, bdl_api_key))
    app.register_blueprint(odds_blueprint(archive, clock, odds_api_key))
    app.register_blueprint(bettingpros_blueprint(archive, clock, bettingpros_api_key))
    app.register_blueprint(espn_blueprint(archive, clock))
    app.register_blueprint(injury_report_blueprint(archive, clock))
    app.register_blueprint(control_blueprint(archive, clock, faults, count))
    return app


def _start(archive: Archive, now: datetime | str | None) -> datetime:
    if now is None:
        return archive.games[-1].tipoff + timedelta(days=1)
    if isinstance(now, str):
        return parse_instant(now)
    if now.tzinfo is None:
        raise ValueError("now needs a zone")
    return now.astimezone(UTC)


def _http_error(error: HTTPException) -> Response:
    body = {"message": error.description, "path": request.path}
    return json_response(body, error.code or 500)
