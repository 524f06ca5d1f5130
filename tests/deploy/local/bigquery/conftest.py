"""One emulator for the folder's tests, and the official clients bound to any emulator."""

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import grpc
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from google.api_core.client_options import ClientOptions
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery
from google.cloud.bigquery_storage_v1 import BigQueryReadClient
from google.cloud.bigquery_storage_v1.services.big_query_read.transports import BigQueryReadGrpcTransport
from google.cloud.bigquery_storage_v1.types import DataFormat, ReadSession

from deploy.local.bigquery.process import Emulator, running_emulator

SECONDS = 60


@dataclass(frozen=True)
class Warehouse:
    """The official clients, every wait bounded, on one emulator."""

    client: bigquery.Client
    storage: BigQueryReadClient

    def rows(self, sql: str, *parameters: Any) -> list[dict[str, Any]]:
        return [dict(row) for row in self.run(sql, *parameters).result(retry=None, timeout=SECONDS)]

    def run(self, sql: str, *parameters: Any, **options: Any) -> bigquery.QueryJob:
        config = bigquery.QueryJobConfig(query_parameters=parameters, **options)
        return self.client.query(sql, job_config=config, retry=None, job_retry=None, timeout=SECONDS)

    def one(self, sql: str, *parameters: Any) -> Any:
        """The single value of a query with one row and one column."""
        ((value,),) = (row.values() for row in self.rows(sql, *parameters))
        return value

    def load(self, table: str, content: pa.Table) -> bigquery.LoadJob:
        body = io.BytesIO()
        pq.write_table(content, body)
        config = bigquery.LoadJobConfig(source_format="PARQUET", write_disposition="WRITE_APPEND")
        config.parquet_options = bigquery.ParquetOptions()
        config.parquet_options.enable_list_inference = True
        where = f"{self.client.project}.{table}"
        job = self.client.load_table_from_file(
            body, where, rewind=True, job_config=config, timeout=SECONDS, num_retries=0
        )
        return job.result(retry=None, timeout=SECONDS)

    def create(self, table: str, *fields: bigquery.SchemaField, partition: str | None = None) -> None:
        made = bigquery.Table(f"{self.client.project}.{table}", schema=fields)
        if partition:
            made.time_partitioning = bigquery.TimePartitioning(field=partition)
        self.client.create_table(made)

    def stored(self, table: str, column: str) -> list[Any]:
        """One column of a table, read through the Storage API."""
        project = self.client.project
        dataset, name = table.split(".")
        session = self.storage.create_read_session(
            parent=f"projects/{project}",
            read_session=ReadSession(
                table=f"projects/{project}/datasets/{dataset}/tables/{name}",
                data_format=DataFormat.ARROW,
                read_options={"selected_fields": [column]},
            ),
            max_stream_count=1,
            retry=None,
            timeout=SECONDS,
        )
        schema = pa.ipc.read_schema(pa.py_buffer(session.arrow_schema.serialized_schema))
        batches = [
            pa.ipc.read_record_batch(pa.py_buffer(page.arrow_record_batch.serialized_record_batch), schema)
            for stream in session.streams
            for page in self.storage.read_rows(stream.name, retry=None, timeout=SECONDS)
        ]
        values: list[Any] = pa.Table.from_batches(batches, schema)[column].to_pylist()
        return values


@pytest.fixture(scope="session")
def connect() -> Iterator[Callable[[Emulator], Warehouse]]:
    opened: list[Any] = []

    def to(emulator: Emulator) -> Warehouse:
        client = bigquery.Client(
            project=emulator.project,
            credentials=AnonymousCredentials(),
            client_options=ClientOptions(api_endpoint=emulator.rest),
        )
        channel = grpc.insecure_channel(emulator.grpc, options=[("grpc.max_receive_message_length", -1)])
        opened.extend((client, channel))
        return Warehouse(client, BigQueryReadClient(transport=BigQueryReadGrpcTransport(channel=channel)))

    yield to
    for connection in opened:
        connection.close()


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    with running_emulator(tmp_path_factory.mktemp("bigquery")) as started:
        yield started


@pytest.fixture
def warehouse(emulator: Emulator, connect: Callable[[Emulator], Warehouse]) -> Iterator[Warehouse]:
    """Clients on the shared emulator with an empty dataset `t`."""
    made = connect(emulator)
    made.client.create_dataset("t")
    yield made
    made.client.delete_dataset("t", delete_contents=True)
