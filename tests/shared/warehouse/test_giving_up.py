"""A job that nobody waits for any longer is cancelled: it would commit beside the one that repeats it.

Against an edge that speaks as much of BigQuery's HTTP as a job needs; the emulator's jobs are always over.
"""

import json
import logging
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pyarrow as pa
import pytest
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery

from shared.outcomes import TransientError
from shared.warehouse.warehouse import Warehouse

SECONDS = 0.3


@dataclass
class Edge:
    """What BigQuery is asked; jobs run for ever unless `state` is DONE.

    Args:
        cancelling: the status that answers a cancellation.
        silent: the beginning of a query gets no answer.
        torn: the first connection breaks when its job has begun.
    """

    state: str = "RUNNING"
    cancelling: int = 200
    silent: bool = False
    torn: bool = False
    begun: list[str] = field(default_factory=list)
    cancelled: list[str] = field(default_factory=list)
    url: str = ""

    def job(self, job_id: str) -> dict[str, Any]:
        return {
            "jobReference": {"projectId": "p", "jobId": job_id, "location": "us-west2"},
            "configuration": {"query": {"query": "SELECT 1"}},
            "status": {"state": self.state},
        }


class Handler(BaseHTTPRequestHandler):
    """Begins, shows and cancels jobs."""

    edge: Edge

    def do_GET(self) -> None:
        job_id = re.split("[/?]", self.path.partition("/jobs/")[2] or self.path.partition("/queries/")[2])[0]
        job = self.edge.job(job_id)
        rows = {"jobComplete": self.edge.state == "DONE", "totalRows": "0", "schema": {"fields": []}}
        self._answer(200, {**job, **rows} if "/queries/" in self.path else job)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if cancelled := re.search(r"/jobs/([^/]+)/cancel\?.*location=us-west2", self.path):
            self.edge.cancelled.append(cancelled[1])
            self._answer(self.edge.cancelling, {"job": self.edge.job(cancelled[1])})
        else:
            self._begin(json.loads(body)["jobReference"]["jobId"])

    def _begin(self, job_id: str) -> None:
        if job_id in self.edge.begun:
            self._answer(409, {"error": {"message": f"Already Exists: Job {job_id}"}})
            return
        self.edge.begun.append(job_id)
        if self.edge.silent:
            time.sleep(2 * SECONDS)
        if self.edge.torn:
            self.edge.torn = False
            self.connection.close()
        else:
            self._answer(200, self.edge.job(job_id), {"Location": f"{self.edge.url}/upload/{job_id}"})

    def do_PUT(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        loaded = self.edge.job(self.path.rpartition("/")[2])
        self._answer(200, {**loaded, "configuration": {"load": {}}})

    def _answer(self, status: int, body: dict[str, Any], headers: dict[str, str] | None = None) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        for name, value in {"Content-Length": str(len(content)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def handle(self) -> None:
        try:
            super().handle()
        except (BrokenPipeError, ConnectionResetError, ValueError):
            self.close_connection = True

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def edge() -> Iterator[Edge]:
    made = Edge()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Handler,), {"edge": made}))
    made.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield made
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def warehouse(edge: Edge) -> Iterator[Warehouse]:
    client = bigquery.Client(
        "p", AnonymousCredentials(), location="us-west2", client_options={"api_endpoint": edge.url}
    )
    yield Warehouse(client, seconds=SECONDS)
    client.close()


def load(warehouse: Warehouse) -> None:
    schema = [bigquery.SchemaField("x", "INT64")]
    warehouse.load_into("t.loaded", schema, pa.table({"x": [1]}))


def test_a_query_whose_time_is_up_is_cancelled(edge: Edge, warehouse: Warehouse) -> None:
    with pytest.raises(TransientError):
        warehouse.run("SELECT 1")
    assert edge.begun == edge.cancelled != []


def test_a_load_whose_time_is_up_is_cancelled(edge: Edge, warehouse: Warehouse) -> None:
    with pytest.raises(TransientError):
        load(warehouse)
    assert edge.begun == edge.cancelled != []


def test_a_query_whose_beginning_gets_no_answer_is_cancelled_too(edge: Edge, warehouse: Warehouse) -> None:
    edge.silent = True
    with pytest.raises(TransientError, match="timed out"):
        warehouse.run("SELECT 1")
    assert edge.begun == edge.cancelled != []


@pytest.mark.parametrize("status", [400, 404, 503])
def test_a_cancellation_that_fails_hides_nothing(
    edge: Edge, warehouse: Warehouse, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    edge.cancelling = status
    with pytest.raises(TransientError) as raised:
        warehouse.run("SELECT 1")
    assert isinstance(raised.value.__cause__, TimeoutError)
    assert len(edge.cancelled) == 1
    (told,) = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert told.getMessage().startswith(f"job {edge.begun[0]} may go on: {status}")


def test_what_ends_in_time_is_not_cancelled(edge: Edge, warehouse: Warehouse) -> None:
    edge.state = "DONE"
    assert list(warehouse.run("SELECT 1")) == []
    load(warehouse)
    assert len(edge.begun) == 2
    assert edge.cancelled == []


def test_a_repeated_beginning_finds_the_job_that_the_first_began(edge: Edge, warehouse: Warehouse) -> None:
    edge.state, edge.torn = "DONE", True
    assert list(warehouse.run("SELECT 1")) == []
    assert len(edge.begun) == 1
    assert edge.cancelled == []
