"""/_control: the experimenter's hand. Not a provider; answers this machine only."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import UTC
from ipaddress import ip_address

from flask import Blueprint, Flask, Response, request
from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from deploy.local.upstream.archive import Archive
from deploy.local.upstream.bodies import json_response
from deploy.local.upstream.clock import SimulatedClock
from deploy.local.upstream.faults import FaultBook, FaultPlan


class NowBody(BaseModel):
    """The body of POST /_control/now."""

    model_config = ConfigDict(extra="forbid")

    now: AwareDatetime


class RequestCount:
    """Requests to the providers, by path."""

    def __init__(self, app: Flask) -> None:
        self._lock = threading.Lock()
        self._by_path: Counter[str] = Counter()
        app.before_request(self._count)

    def _count(self) -> None:
        if not request.path.startswith("/_control"):
            with self._lock:
                self._by_path[request.path] += 1

    def by_path(self) -> dict[str, int]:
        with self._lock:
            return dict(self._by_path)


def control_blueprint(
    archive: Archive, clock: SimulatedClock, faults: FaultBook, count: RequestCount
) -> Blueprint:
    """GET /_control, POST /_control/now, POST /_control/faults."""
    blueprint = Blueprint("control", __name__, url_prefix="/_control")

    @blueprint.before_request
    def loopback_only() -> Response | None:
        if ip_address(request.remote_addr or "0.0.0.0").is_loopback:
            return None
        return json_response({"error": "the control routes answer on the loopback interface only"}, 403)

    @blueprint.errorhandler(ValidationError)
    def invalid(error: ValidationError) -> Response:
        fields = [{"field": _field(item["loc"]), "message": item["msg"]} for item in error.errors()]
        return json_response({"error": "invalid body", "fields": fields}, 422)

    @blueprint.get("")
    def state() -> Response:
        body = {
            "now": clock.now.isoformat(),
            "archive": str(archive.folder),
            "first_date": archive.first_date.isoformat(),
            "last_date": archive.last_date.isoformat(),
            "requests": count.by_path(),
            "faults": [fault.model_dump() for fault in faults.pending()],
            "struck": dict(faults.struck),
        }
        return json_response(body)

    @blueprint.post("/now")
    def set_now() -> Response:
        clock.set(NowBody.model_validate_json(request.get_data()).now.astimezone(UTC))
        return json_response({"now": clock.now.isoformat()})

    @blueprint.post("/faults")
    def set_faults() -> Response:
        faults.replace(FaultPlan.model_validate_json(request.get_data()))
        return json_response({"faults": [fault.model_dump() for fault in faults.pending()]})

    return blueprint


def _field(location: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in location) or "body"
