"""Adding rows to a log table through BigQuery's Storage Write API: no statement, no load, and no job."""

from collections.abc import Iterator
from functools import cached_property

import grpc
import pyarrow as pa
from google.api_core import exceptions
from google.cloud.bigquery_storage_v1 import BigQueryWriteClient, types
from google.cloud.bigquery_storage_v1.services.big_query_write.transports import BigQueryWriteGrpcTransport

from shared.warehouse.specs import TableSpec
from shared.warehouse.storage import CHANNEL, RETRY
from shared.warehouse.transient import transient_told_apart

_SECONDS = 60.0
# The API takes less than 10 MB a request.
_REQUEST_BYTES = 8_000_000


class StorageWriter:
    """Appends to declared tables; connects on the first append.

    What is appended is there for every query and read that begins afterwards. It may be there twice when an
    answer is lost on its way: for rows with an id, or that are counted before anybody relies on them.
    BigQuery may refuse to change such rows for half an hour: for tables whose rows nobody changes.

    Args:
        emulator: host:port of a local BigQuery's gRPC side; Google Cloud without.
    """

    def __init__(self, project: str, emulator: str | None = None) -> None:
        self._project, self._emulator = project, emulator

    @cached_property
    def _client(self) -> BigQueryWriteClient:
        if self._emulator is None:
            return BigQueryWriteClient()  # type: ignore[no-untyped-call]
        channel = grpc.insecure_channel(self._emulator, options=CHANNEL)
        transport = BigQueryWriteGrpcTransport(channel=channel)
        return BigQueryWriteClient(transport=transport)  # type: ignore[no-untyped-call]

    def append(self, spec: TableSpec, rows: pa.Table) -> None:
        """Adds rows of exactly the table's schema.

        Raises:
            TransientError: the warehouse could not do it now.
        """
        stream = f"projects/{self._project}/datasets/{spec.dataset}/tables/{spec.name}/streams/_default"
        with transient_told_apart():
            for request in _requests(stream, rows):
                RETRY(self._send)(stream, request)

    def _send(self, stream: str, request: types.AppendRowsRequest) -> None:
        routing = (("x-goog-request-params", f"write_stream={stream}"),)
        answers = self._client.append_rows(
            iter([request]),
            retry=None,  # the client's own would go on for a day
            metadata=routing,
            timeout=_SECONDS,
        )
        for answer in answers:
            if answer.error.code:
                error = exceptions.from_grpc_status(  # type: ignore[no-untyped-call]
                    answer.error.code, answer.error.message
                )
                raise error


def _requests(stream: str, rows: pa.Table) -> Iterator[types.AppendRowsRequest]:
    """The rows in as few requests as their size allows: as a rule one, and then all are there at once."""
    schema = types.ArrowSchema(serialized_schema=rows.schema.serialize().to_pybytes())
    for part in _parts(rows):
        (batch,) = part.combine_chunks().to_batches()
        data = types.ArrowRecordBatch(serialized_record_batch=batch.serialize().to_pybytes())
        arrow = types.AppendRowsRequest.ArrowData(writer_schema=schema, rows=data)
        yield types.AppendRowsRequest(write_stream=stream, arrow_rows=arrow)


def _parts(rows: pa.Table) -> Iterator[pa.Table]:
    if rows.nbytes <= _REQUEST_BYTES or rows.num_rows == 1:
        yield rows
        return
    middle = rows.num_rows // 2
    yield from _parts(rows.slice(0, middle))
    yield from _parts(rows.slice(middle))
