"""Starts bqemulator 1.4.0 without network, on 127.0.0.1 only; the emulator's own Python runs this file.

    .venv-emulator/bin/python deploy/local/bigquery/launcher.py --ephemeral --port-file FILE --project ID

Our environment never imports it: bqemulator pins a protobuf below what our clients use. `process.py`
beside it is our side. When REST and gRPC both answer, FILE holds
`{"rest": "http://127.0.0.1:N", "grpc": "127.0.0.1:M"}`. SIGTERM and SIGINT end it with status 0.
`patch` lists what it changes about bqemulator; what differs from BigQuery even so: test_quirks.py.
"""

import argparse
import asyncio
import contextlib
import copy
import fcntl
import json
import logging
import os
import re
import shutil
import signal
import socket
import sys
import tempfile
import threading
from collections.abc import Callable
from contextvars import ContextVar
from pathlib import Path
from types import SimpleNamespace
from typing import Any, TextIO

from bqemulator.config import LogFormat, LogLevel, PersistenceMode, Settings  # type: ignore[import-not-found]
from bqemulator.observability.logging_ import configure_logging  # type: ignore[import-not-found]
from bqemulator.storage.engine import DuckDBEngine  # type: ignore[import-not-found]
from translation import patch_translation, patch_views, remembered  # type: ignore[import-not-found]

HOST = "127.0.0.1"
STOP_SECONDS = 8.0  # the whole platform has to be down ten seconds after Ctrl-C
SCRATCH = "nba-bigquery-scratch-"
PARENT_POLL_SECONDS = 1.0
PARQUET_BY_NAME = "INSERT INTO TARGET BY NAME SELECT * FROM read_parquet(?)"
APPENDED_BY_NAME = "INSERT INTO TARGET BY NAME SELECT * FROM appended"
KEPT_RESULTS = 200  # bqemulator keeps every query's result in memory for ever
KEPT_READS = 100  # and every Storage API read; more than are under way at once

_script_parameters: ContextVar[tuple[dict[str, Any], ...]] = ContextVar("script_parameters", default=())


def arguments(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="BigQuery emulator on 127.0.0.1")
    for port in ("--rest-port", "--grpc-port"):
        parser.add_argument(port, type=int, default=0, help="0 picks a free one")
    place = parser.add_mutually_exclusive_group(required=True)
    place.add_argument("--data-dir", type=Path, help="keeps the tables, also over kill -9")
    place.add_argument("--ephemeral", action="store_true", help="keeps the tables in memory only")
    parser.add_argument("--port-file", type=Path, required=True, help="written when both ports answer")
    parser.add_argument("--project", required=True, help="project id of requests that name none")
    parser.add_argument("--memory-limit", default="2GB", help="of DuckDB; more is spilled to disk")
    parser.add_argument("--threads", type=int, default=2, help="of DuckDB, for one query")
    parser.add_argument("--exit-with-parent", action="store_true", help="stop when the starting process dies")
    return parser.parse_args(argv)


# bqemulator answers a Storage API read with up to 65,536 rows in a message and refuses to send a larger one
# than this; BigQuery sends small ones.
STORAGE_MESSAGE_BYTES = 512 * 1024 * 1024


def settings_of(args: argparse.Namespace, scratch: Path) -> Settings:
    return Settings(
        rest_host=HOST,
        rest_port=args.rest_port,
        grpc_host=HOST,
        grpc_port=args.grpc_port,
        persistence_mode=PersistenceMode.EPHEMERAL if args.ephemeral else PersistenceMode.PERSISTENT,
        data_dir=args.data_dir,
        default_project_id=args.project,
        enable_format_extensions=False,  # would fetch DuckDB's avro extension
        upload_staging_dir=scratch / "uploads",  # the default directory is shared by all emulators
        query_cache_ttl_seconds=0,
        write_api_max_request_bytes=STORAGE_MESSAGE_BYTES,
        log_level=LogLevel.WARNING,
        log_format=LogFormat.CONSOLE,
        metrics_enabled=False,
    )


def patch(args: argparse.Namespace, scratch: Path) -> None:
    patch_start(args, scratch)
    patch_uploads()
    patch_schemas()
    patch_snapshots()
    patch_storage_reads()
    patch_storage_appends()
    patch_scripts()
    patch_transactions()
    patch_translation(Path(sys.prefix) / "translations.sqlite")
    patch_views()


def patch_start(args: argparse.Namespace, scratch: Path) -> None:
    """Skips the download of DuckDB's spatial extension (only GEOGRAPHY needs it) and bounds DuckDB."""

    def tune_instead_of_spatial(engine: DuckDBEngine) -> None:
        engine.execute("SET autoinstall_known_extensions = false")
        engine.execute(f"SET threads = {args.threads}")
        engine.execute("SET memory_limit = '{}'".format(args.memory_limit.replace("'", "")))
        engine.execute("SET temp_directory = '{}'".format(str(scratch / "spill").replace("'", "''")))

    DuckDBEngine._load_spatial = tune_instead_of_spatial


def patch_uploads() -> None:
    """Takes load jobs as the official client sends them, and parquet columns by name as BigQuery does."""
    from bqemulator.api.routes import upload  # type: ignore[import-not-found]
    from bqemulator.jobs import executor  # type: ignore[import-not-found]

    def load_parquet_by_name(path: str, target: str, context: Any) -> None:
        # By position, as bqemulator does it, two columns of one type would change places in silence.
        context.engine.execute(PARQUET_BY_NAME.replace("TARGET", target), [path])

    executor._LOAD_FORMAT_HANDLERS["PARQUET"] = load_parquet_by_name
    upload._PERMITTED_MEDIA_CONTENT_TYPES = (*upload._PERMITTED_MEDIA_CONTENT_TYPES, "*/*")


def patch_schemas() -> None:
    """Changes a table when its schema is updated; bqemulator changes only what it says about the table."""
    from bqemulator.catalog.duckdb_repository import (  # type: ignore[import-not-found]
        DuckDBCatalogRepository,
    )
    from bqemulator.catalog.memory_repository import (  # type: ignore[import-not-found]
        MemoryCatalogRepository,
    )

    for kind in (DuckDBCatalogRepository, MemoryCatalogRepository):
        kind.update_table = with_columns(kind.update_table)


def with_columns(update: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """An update of what the catalog knows about a table that gives the stored one its columns and fields."""
    from bqemulator.api.routes.tables import _field_to_rest  # type: ignore[import-not-found]
    from bqemulator.storage.sql_identifiers import quoted_table_ref  # type: ignore[import-not-found]
    from bqemulator.storage.type_map import bq_schema_to_duckdb_columns  # type: ignore[import-not-found]

    def columns(meta: Any) -> dict[str, str]:
        return dict(bq_schema_to_duckdb_columns([_field_to_rest(each) for each in meta.schema_.fields]))

    def update_both(catalog: Any, table: Any) -> Any:
        name = (table.project_id, table.dataset_id, table.table_id)
        older = catalog.get_table(*name)
        if catalog._engine and older and table.table_type == "TABLE" and older.schema_ != table.schema_:
            before, target = columns(older), quoted_table_ref(*name)
            for column, of in columns(table).items():
                if column not in before:
                    catalog._engine.execute(f'ALTER TABLE {target} ADD COLUMN IF NOT EXISTS "{column}" {of}')
                elif of != before[column]:  # DuckDB casts structs field by field, by name
                    catalog._engine.execute(f'ALTER TABLE {target} ALTER "{column}" TYPE {of}')
        return update(catalog, table)

    return update_both


def patch_snapshots() -> None:
    """Drops time travel, which copies the whole table on each write."""
    from bqemulator.versioning.snapshots import SnapshotManager  # type: ignore[import-not-found]

    capture = SnapshotManager.capture

    def capture_when_asked(manager: Any, *table: str, kind: str = "AUTO") -> Any:
        return capture(manager, *table, kind=kind) if kind == "USER" else None

    SnapshotManager.capture = capture_when_asked


def patch_storage_reads() -> None:
    """Gives each Storage API read its own connection; it runs in a thread, all else in the event loop.

    On one connection a read could get another query's result, or the middle of a transaction.
    """
    from bqemulator.streaming.read_session import _SESSIONS  # type: ignore[import-not-found]

    fetch_arrow = DuckDBEngine.fetch_arrow

    def fetch_apart(engine: DuckDBEngine, sql: str, parameters: list[Any] | None = None) -> Any:
        if threading.current_thread() is threading.main_thread():
            return fetch_arrow(engine, sql, parameters)
        for session in list(_SESSIONS)[:-KEPT_READS]:
            _SESSIONS.pop(session, None)
        reader = copy.copy(engine)
        reader._connection = engine.connection.cursor()
        try:
            reader._apply_session_pragmas()
            return fetch_arrow(reader, sql, parameters)
        finally:
            reader._connection.close()

    DuckDBEngine.fetch_arrow = fetch_apart


def patch_storage_appends() -> None:
    """Gives each Storage API append its own connection too, and takes columns by name, also nested ones."""
    from bqemulator.grpc_api import write_servicer  # type: ignore[import-not-found]
    from bqemulator.storage.sql_identifiers import quoted_table_ref

    def insert_apart(handler: Any, stream: Any, rows: Any) -> None:
        target = quoted_table_ref(stream.project_id, stream.dataset_id, stream.table_id)
        connection = handler._ctx.engine.connection.cursor()
        try:
            connection.execute("SET TimeZone = 'UTC'")
            connection.register("appended", rows)
            connection.execute(APPENDED_BY_NAME.replace("TARGET", target))
        finally:
            connection.close()

    write_servicer._align_to_target = lambda rows, _schema: rows
    write_servicer.BigQueryWriteHandler._flush_to_target = insert_apart


def patch_scripts() -> None:
    """Binds query parameters in multi-statement scripts, where bqemulator ignores them."""
    from bqemulator.jobs import executor
    from bqemulator.scripting import interpreter  # type: ignore[import-not-found]
    from bqemulator.scripting.exceptions import ScriptRaise  # type: ignore[import-not-found]

    run_query_body, rewrite_variables = executor._run_query_body, interpreter._rewrite_vars_to_params
    numbered: dict[Any, tuple[str, list[str | None]]] = {}

    async def run_with_parameters(**query: Any) -> Any:
        for results in (executor.JOB_RESULTS, executor.JOB_SCHEMAS):
            while len(results) > KEPT_RESULTS:
                del results[next(iter(results))]
        token = _script_parameters.set(tuple(query["query_params"] or ()) if query["is_scripted"] else ())
        try:
            return await run_query_body(**query)
        except ScriptRaise as raised:  # else a 500, which the official client retries for minutes
            raise raised.error from raised
        finally:
            _script_parameters.reset(token)

    def number(sql: str, variables: list[tuple[str, Any, bool]]) -> tuple[str, list[str | None]]:
        """A statement with numbers for its variables, and whose they are; NULLs are written with a type."""
        names = {
            name: SimpleNamespace(value=None if is_null else name, type_name=kind)
            for name, kind, is_null in variables
        }
        text, placed = rewrite_variables(sql, SimpleNamespace(all_visible=lambda: names))
        return text, placed

    def rewrite_with_parameters(sql: str, frames: Any) -> tuple[str, list[Any]]:
        values: list[Any] = []
        visible, words = frames.all_visible(), set(re.findall(r"\w+", sql))
        # bqemulator parses the statement to look for them, which takes longer than running most.
        named = [name for name in visible if name in words]
        if any(isinstance(visible[name].value, dict) for name in named):  # of a struct fields are taken
            sql, values = rewrite_variables(sql, frames)
        elif named:
            kinds = [(name, visible[name].type_name, visible[name].value is None) for name in named]
            sql, names = remembered(numbered, (sql, *kinds), lambda: number(sql, kinds))
            values = [visible[name].value if name else None for name in names]
        return bind_named(sql, values, _script_parameters.get())

    executor._run_query_body = run_with_parameters
    interpreter._rewrite_vars_to_params = rewrite_with_parameters


def bind_named(sql: str, values: list[Any], parameters: tuple[dict[str, Any], ...]) -> tuple[str, list[Any]]:
    """Replaces each `@name` by the number of its value; `values` are those numbered already."""
    from bqemulator.sql.parameters import _extract_value  # type: ignore[import-not-found]

    values, numbered = list(values), {}
    by_name = {parameter["name"]: parameter for parameter in parameters if parameter.get("name")}

    def place(match: re.Match[str]) -> str:
        name = match.group(1)
        if name not in by_name:
            return match.group(0)
        if name not in numbered:
            values.append(_extract_value(by_name[name]))
            numbered[name] = len(values)
        value, kind = values[numbered[name] - 1], by_name[name]["parameterType"]["type"]
        # DuckDB takes an untyped NULL for an integer.
        return f"CAST(@{numbered[name]} AS {kind})" if value is None else f"@{numbered[name]}"

    return re.sub(r"(?<!@)@([A-Za-z_]\w*)", place, sql), values


def patch_transactions() -> None:
    """Runs a script's transaction as one of DuckDB; copies of tables, as bqemulator has it, die with it.

    A script runs in the event loop without pause, so no other request sees the open transaction.
    """
    from bqemulator.scripting.interpreter import ScriptInterpreter  # type: ignore[import-not-found]

    run = ScriptInterpreter.run

    async def control(script: Any, operation: str) -> None:
        is_open = getattr(script, "in_transaction", False)
        if is_open == (operation != "BEGIN"):
            script.in_transaction = not is_open
            script._ctx.engine.execute(operation)

    async def run_and_roll_back(script: Any, source: str) -> Any:
        try:
            return await run(script, source)
        finally:
            await control(script, "ROLLBACK")  # what is still open was not committed

    ScriptInterpreter._handle_txn_statement = control
    ScriptInterpreter.run = run_and_roll_back


def claim(port_file: Path) -> TextIO:
    """Removes a port file left by a killed emulator; exits when a living one owns it."""
    port_file.parent.mkdir(parents=True, exist_ok=True)
    lock = port_file.with_name(f"{port_file.name}.lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        sys.exit(f"another emulator runs with the port file {port_file}; stop it or name another file")
    port_file.unlink(missing_ok=True)
    return lock


def write_ports(rest: str, grpc: str, port_file: Path) -> None:
    half = port_file.with_name(f"{port_file.name}.{os.getpid()}")
    half.write_text(json.dumps({"rest": rest, "grpc": grpc}))
    half.replace(port_file)


def drop_stale(scratch: Path, data_dir: Path | None) -> None:
    """Removes what a killed emulator left in the data directory, which only we have open by now."""
    for left in data_dir.glob(f"{SCRATCH}*") if data_dir else ():
        if left != scratch:
            shutil.rmtree(left)


def refuse_taken_port(port: int) -> None:
    """bqemulator would share a taken gRPC port without a word; say what to change instead."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            sys.exit(f"port {port} of {HOST} is taken ({error}); choose another or 0 for a free one")


async def stop_asked(exit_with_parent: bool) -> None:
    """Returns at SIGTERM or SIGINT, or when the parent has died and that was asked for."""
    asked = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, asked.set)
    parent = os.getppid()
    while not asked.is_set():
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asked.wait(), PARENT_POLL_SECONDS)
        if exit_with_parent and os.getppid() != parent:
            return


async def serve(args: argparse.Namespace, scratch: Path) -> None:
    from bqemulator.server import EmulatorServer  # type: ignore[import-not-found]

    server = EmulatorServer(settings_of(args, scratch))
    await server.start()
    drop_stale(scratch, args.data_dir)
    write_ports(server.rest_url, server.grpc_endpoint, args.port_file)
    try:
        await stop_asked(args.exit_with_parent)
    finally:
        args.port_file.unlink(missing_ok=True)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(server.stop(), STOP_SECONDS)


def main(argv: list[str]) -> None:
    args = arguments(argv)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # until the server listens for it
    # Before the rest of bqemulator is imported, because that logs already.
    configure_logging(level=LogLevel.WARNING, fmt=LogFormat.CONSOLE)
    logging.getLogger("sqlglot").setLevel(logging.ERROR)  # else two lines for each IF of a script
    lock = claim(args.port_file)
    for port in (args.rest_port, args.grpc_port):
        refuse_taken_port(port)
    if args.data_dir:
        args.data_dir.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=SCRATCH, dir=args.data_dir) as scratch:
        patch(args, Path(scratch))
        asyncio.run(serve(args, Path(scratch)))
    lock.close()


if __name__ == "__main__":
    main(sys.argv[1:])
