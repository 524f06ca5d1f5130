"""Runs the emulator until SIGTERM or SIGINT: `python -m deploy.local.pubsub --data-dir DIR`."""

import argparse
import json
import logging
import os
import signal
import sys
import threading
from pathlib import Path

from deploy.local.pubsub.database import DataFolderInUse
from deploy.local.pubsub.emulator import Emulator

logger = logging.getLogger("deploy.local.pubsub")


def main() -> int:
    """Return the exit status: 0 after a signal, 2 when it cannot start."""
    arguments = _parser().parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    try:
        emulator = Emulator(
            arguments.data_dir, arguments.grpc_port, arguments.http_port, arguments.time_scale
        )
    except (DataFolderInUse, OSError) as error:
        logger.error("%s", error)
        return 2
    _serve(emulator, arguments.port_file, stopping)
    return 0


def _serve(emulator: Emulator, port_file: Path | None, stopping: threading.Event) -> None:
    emulator.start()
    logger.info("serving %s", json.dumps(emulator.addresses))
    if port_file:
        _write_atomically(port_file, json.dumps(emulator.addresses))
    stopping.wait()
    emulator.stop()
    if port_file:
        port_file.unlink(missing_ok=True)


def _write_atomically(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m deploy.local.pubsub", description=__doc__)
    parser.add_argument("--grpc-port", type=int, default=0, help="0, the default, chooses a free one")
    parser.add_argument("--http-port", type=int, default=0, help="0, the default, chooses a free one")
    parser.add_argument(
        "--data-dir", type=Path, required=True, help="where all state lives, the signing key too"
    )
    parser.add_argument("--port-file", type=Path, help='gets {"grpc": ..., "http": ...} when it serves')
    parser.add_argument(
        "--time-scale",
        type=float,
        default=1.0,
        help="multiplies every retry backoff, e.g. 0.01 in tests; Pub/Sub itself has no such thing",
    )
    return parser


if __name__ == "__main__":
    status = main()
    logging.shutdown()
    # A push may still wait for its answer, and an ordinary exit would wait for that thread.
    sys.stderr.flush()
    os._exit(status)
