"""Reading many rows of a table at once, through BigQuery's Storage API: seasons, not slates."""

from collections.abc import Sequence
from datetime import date
from functools import cached_property

import grpc
import pyarrow as pa
from google.api_core import exceptions
from google.cloud.bigquery_storage_v1 import BigQueryReadClient, types
from google.cloud.bigquery_storage_v1.services.big_query_read.transports import BigQueryReadGrpcTransport

from shared.outcomes import TransientError
from shared.warehouse.specs import TableSpec

_SECONDS = 240.0


class StorageReader:
    """Whole columns of declared tables; connects on the first read.

    Args:
        emulator: host:port of a local BigQuery's gRPC side; Google Cloud without.
    """

    def __init__(self, project: str, emulator: str | None = None) -> None:
        self._project, self._emulator = project, emulator

    @cached_property
    def _client(self) -> BigQueryReadClient:
        if self._emulator is None:
            return BigQueryReadClient()  # type: ignore[no-untyped-call]
        channel = grpc.insecure_channel(self._emulator, options=[("grpc.max_receive_message_length", -1)])
        transport = BigQueryReadGrpcTransport(channel=channel)
        return BigQueryReadClient(transport=transport)  # type: ignore[no-untyped-call]

    def read(self, spec: TableSpec, columns: Sequence[str], first: date, last: date) -> pa.Table:
        """Columns of the rows whose partition lies between two dates, in no certain order.

        Raises:
            TransientError: the warehouse could not do it now.
            KeyError: the table has no such column.
        """
        if unknown := set(columns) - set(spec.column_names()):
            raise KeyError(f"{spec.table} has no column {', '.join(sorted(unknown))}")
        session = types.ReadSession(
            table=f"projects/{self._project}/datasets/{spec.dataset}/tables/{spec.name}",
            data_format=types.DataFormat.ARROW,
            read_options=types.ReadSession.TableReadOptions(
                selected_fields=list(columns),
                row_restriction=f"{spec.partition} BETWEEN DATE '{first}' AND DATE '{last}'",
            ),
        )
        try:
            made = self._client.create_read_session(
                parent=f"projects/{self._project}", read_session=session, max_stream_count=1, timeout=_SECONDS
            )
            if not made.streams:
                return spec.arrow_schema().empty_table().select(list(columns))
            schema = pa.ipc.read_schema(pa.py_buffer(made.arrow_schema.serialized_schema))
            name = made.streams[0].name
            parts = self._client.read_rows(name, timeout=_SECONDS)  # type: ignore[no-untyped-call]
            bodies = (part.arrow_record_batch.serialized_record_batch for part in parts)
            batches = [pa.ipc.read_record_batch(pa.py_buffer(body), schema) for body in bodies]
        except (exceptions.ServerError, exceptions.TooManyRequests, exceptions.RetryError) as error:
            raise TransientError(f"warehouse: {error}") from error
        return pa.Table.from_batches(batches, schema).select(list(columns))
