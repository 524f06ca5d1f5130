"""The Date of an answer: a provider's clock is the simulated one."""

from __future__ import annotations

from flask import Flask, Response

from deploy.local.upstream.clock import SimulatedClock


def install_date(app: Flask, clock: SimulatedClock) -> None:
    """Puts `Date` (RFC 7231, to the second) on every answer. The HTTP server must add none of its own."""

    @app.after_request
    def date_it(response: Response) -> Response:
        response.date = clock.now
        return response
