"""Reading the rows of a table as they are, through BigQuery's Storage API: no query, and no job."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from functools import cached_property

import grpc
import pyarrow as pa
from google.api_core import exceptions, retry
from google.cloud.bigquery_storage_v1 import BigQueryReadClient, types
from google.cloud.bigquery_storage_v1.services.big_query_read.transports import BigQueryReadGrpcTransport

from shared.outcomes import TransientError
from shared.warehouse.specs import TableSpec
from shared.warehouse.transient import transient_told_apart

_SECONDS = 240.0
RETRY = retry.Retry(
    predicate=retry.if_exception_type(exceptions.ServiceUnavailable, exceptions.TooManyRequests),
    initial=0.2,
    maximum=5.0,
    timeout=20.0,
)
# An emulator that was away is found again within seconds; gRPC would wait for up to two minutes.
CHANNEL = [("grpc.max_receive_message_length", -1), ("grpc.max_reconnect_backoff_ms", 1000)]


class StorageReader:
    """Columns of declared tables; connects on the first read.

    A read sees every statement and load job that was committed before it began, as a session is a snapshot
    of the moment in which it is created. Whoever writes first and reads second finds all written before.

    Args:
        emulator: host:port of a local BigQuery's gRPC side; Google Cloud without.
    """

    def __init__(self, project: str, emulator: str | None = None) -> None:
        self._project, self.emulator = project, emulator

    @cached_property
    def _client(self) -> BigQueryReadClient:
        if self.emulator is None:
            return BigQueryReadClient()  # type: ignore[no-untyped-call]
        channel = grpc.insecure_channel(self.emulator, options=CHANNEL)
        transport = BigQueryReadGrpcTransport(channel=channel)
        return BigQueryReadClient(transport=transport)  # type: ignore[no-untyped-call]

    def read(
        self,
        spec: TableSpec,
        columns: Sequence[str],
        first: date | None = None,
        last: date | None = None,
        **among: str | Sequence[str],
    ) -> pa.Table:
        """Columns of some rows, in no certain order.

        Args:
            first, last: the dates, or moments, between which a row's partition lies; all rows without.
            among: column=value, or values of which the column has one.

        Raises:
            TransientError: the warehouse could not do it now.
            KeyError: the table has no such column.
        """
        if unknown := {*columns, *among} - set(spec.column_names()):
            raise KeyError(f"{spec.table} has no column {', '.join(sorted(unknown))}")
        options = types.ReadSession.TableReadOptions(
            selected_fields=list(columns), row_restriction=_restriction(spec, first, last, among)
        )
        session = types.ReadSession(
            table=f"projects/{self._project}/datasets/{spec.dataset}/tables/{spec.name}",
            data_format=types.DataFormat.ARROW,
            read_options=options,
        )
        declared = pa.schema([spec.arrow_schema().field(name) for name in columns])
        with transient_told_apart():
            return self._rows(session).select(list(columns)).cast(declared)

    def _rows(self, session: types.ReadSession) -> pa.Table:
        made = self._client.create_read_session(
            parent=f"projects/{self._project}",
            read_session=session,
            max_stream_count=1,
            retry=RETRY,
            timeout=_SECONDS,
        )
        schema = pa.ipc.read_schema(pa.py_buffer(made.arrow_schema.serialized_schema))
        if not made.streams:
            return schema.empty_table()
        return pa.Table.from_batches(list(self._batches(made.streams[0].name, schema)), schema)

    def _batches(self, stream: str, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        try:
            parts = self._client.read_rows(  # type: ignore[no-untyped-call]
                stream, retry=RETRY, timeout=_SECONDS
            )
            for part in parts:
                body = part.arrow_record_batch.serialized_record_batch
                yield pa.ipc.read_record_batch(pa.py_buffer(body), schema)
        except exceptions.NotFound as error:
            # It was made a moment ago: it is the session that is lost, and not what it reads.
            raise TransientError(f"warehouse: {error}") from error


def _restriction(
    spec: TableSpec, first: date | None, last: date | None, among: Mapping[str, str | Sequence[str]]
) -> str:
    """The rows asked for as the API takes them: a WHERE clause, without parameters.

    What JSON escapes in a string, BigQuery's literals escape alike.
    """
    parts = [f"{spec.partition} >= {_literal(first)}"] if first else []
    parts += [f"{spec.partition} <= {_literal(last)}"] if last else []
    for name, given in among.items():
        values = [given] if isinstance(given, str) else list(given)
        literals = ", ".join(json.dumps(value, ensure_ascii=False) for value in values)
        parts.append(f"{name} IN ({literals})" if values else "FALSE")
    return " AND ".join(parts)


def _literal(bound: date) -> str:
    kind = "TIMESTAMP" if isinstance(bound, datetime) else "DATE"
    return f"{kind} '{bound.isoformat()}'"
