"""python -m deploy.local.upstream --archive DIR [--port N] [--port-file FILE] [--now ISO] [--memory FILE]"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
from pathlib import Path
from types import FrameType

from flask import Flask
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from deploy.local.upstream.app import create_app

HOST = "127.0.0.1"


class QuietHandler(WSGIRequestHandler):
    """Writes no access log; /_control counts the requests."""

    # header and body are two writes: with Nagle's algorithm the second waits for a delayed ACK
    disable_nagle_algorithm = True

    def send_response(self, code: int, message: str | None = None) -> None:
        """The status line alone: the inherited one adds a Date of this machine's clock to the app's."""
        self.log_request(code)
        self.send_response_only(code, message)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        return


def main(argv: list[str] | None = None) -> int:
    """Serves until SIGTERM or Ctrl-C. 2 when the archive or the time is unusable."""
    options = _parser().parse_args(argv)
    try:
        app = create_app(
            options.archive,
            options.now,
            memory=options.memory,
            odds_api_key=_key("odds_api_key", options.odds_api_key_file),
            bettingpros_api_key=_key("bettingpros_api_key", options.bettingpros_api_key_file),
            bdl_api_key=_key("bdl_api_key", options.bdl_api_key_file),
        )
    except (ValueError, OSError) as error:
        sys.stderr.write(f"upstream: {error}\n")
        return 2
    return _serve(app, options.port, options.port_file)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m deploy.local.upstream", description="Serves an archive.")
    parser.add_argument("--archive", type=Path, required=True, help="folder of parquet files")
    parser.add_argument("--port", type=int, default=0, help="0 (the default) takes a free one")
    parser.add_argument("--port-file", type=Path, help='where {"url": ...} is written once serving')
    parser.add_argument("--now", help="the simulated instant, with zone; default: a day after the last game")
    parser.add_argument("--memory", type=Path, help="a file that keeps the instant through a kill")
    for name in ("odds", "bettingpros", "bdl"):
        key = f"else UPSTREAM_{name.upper()}_API_KEY, else any key will do"
        parser.add_argument(f"--{name}-api-key-file", type=Path, help=key)
    return parser


def _key(name: str, path: Path | None) -> str | None:
    """The provider's key from its file or UPSTREAM_{name}; None where neither gives one."""
    key = path.read_text() if path else os.environ.get(f"UPSTREAM_{name.upper()}", "")
    if path and not key.strip():
        raise ValueError(f"--{name.replace('_', '-')}-file {path} is empty")
    return key.strip() or None


def _stop(_signal: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)


def _serve(app: Flask, port: int, port_file: Path | None) -> int:
    server = make_server(HOST, port, app, threaded=True, request_handler=QuietHandler)
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGINT, _stop)
    try:
        _announce(server, port_file)
        server.serve_forever()
    finally:
        if port_file:
            port_file.unlink(missing_ok=True)
        server.server_close()
    return 0


def _announce(server: BaseWSGIServer, port_file: Path | None) -> None:
    """The socket listens already: who reads the file can connect."""
    url = f"http://{HOST}:{server.server_port}"
    sys.stderr.write(f"upstream: serving on {url}\n")
    if port_file:
        partial = port_file.with_name(port_file.name + ".partial")
        partial.write_text(json.dumps({"url": url}))
        os.replace(partial, port_file)


if __name__ == "__main__":
    sys.exit(main())
