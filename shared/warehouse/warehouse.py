"""Reading from and appending to the warehouse, every call bounded in time and retries."""

import io
import logging
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from time import perf_counter
from typing import Any, cast

import pyarrow as pa
import pyarrow.parquet as pq
import requests
from google.api_core import exceptions, retry
from google.auth.exceptions import GoogleAuthError
from google.cloud import bigquery

from shared.warehouse.append import StorageWriter
from shared.warehouse.parameters import parameters
from shared.warehouse.specs import TableSpec, spec_of
from shared.warehouse.storage import StorageReader
from shared.warehouse.transient import GIVEN_UP, TRANSIENT, is_rate_limited, transient_told_apart

_LOG = logging.getLogger(__name__)
# Under the shortest push deadline, so that a slow warehouse ends as TRANSIENT and not as a cut connection.
QUERY_TIMEOUT_SECONDS = 240
_TABLE_SECONDS = 30
_CANCEL_SECONDS = 10
_REPEATED = (
    exceptions.ServiceUnavailable,
    exceptions.BadGateway,
    exceptions.TooManyRequests,
    requests.ConnectionError,
)


def _is_repeated(error: BaseException) -> bool:
    return isinstance(error, _REPEATED) or is_rate_limited(error)


_RETRY = retry.Retry(predicate=_is_repeated, initial=0.2, maximum=5.0, timeout=20.0)
# A job that was begun a moment ago may not be found at first.
_FIND_RETRY = _RETRY.with_predicate(
    lambda error: _is_repeated(error) or isinstance(error, exceptions.NotFound)
)
# The caller has waited long enough.
_ONCE = retry.Retry(predicate=retry.if_exception_type())


class Warehouse:
    """BigQuery as the services use it.

    Args:
        storage: reads tables without a job; Google Cloud's for the client's project when it is left out.
        seconds: how long a job may take; then it is cancelled.
    """

    def __init__(
        self,
        client: bigquery.Client,
        storage: StorageReader | None = None,
        seconds: float = QUERY_TIMEOUT_SECONDS,
    ) -> None:
        self.client, self._seconds = client, seconds
        self.storage = storage or StorageReader(client.project)
        self._writer = StorageWriter(client.project, self.storage.emulator)

    def run(self, sql: str, **values: Any) -> bigquery.table.RowIterator:
        """Runs a statement or script with named parameters and returns its rows.

        Raises:
            TransientError: the warehouse could not do it now.
        """
        config = bigquery.QueryJobConfig(query_parameters=parameters(values))
        started = perf_counter()
        with transient_told_apart(), self._cancelled_when_given_up() as job_id:
            job = self._begun(job_id, sql, config)
            result = job.result(retry=_RETRY, timeout=self._seconds)
        _tell("query", started, job_id=job_id, statement=" ".join(sql.split())[:200])
        return result

    def _begun(self, job_id: str, sql: str, config: bigquery.QueryJobConfig) -> bigquery.QueryJob:
        try:
            return self.client.query(
                sql, config, job_id=job_id, retry=_RETRY, job_retry=None, timeout=self._seconds
            )
        except exceptions.Conflict:
            # The request was repeated, because the first one, which has begun the job, got no answer.
            begun = self.client.get_job(job_id, retry=_FIND_RETRY, timeout=_TABLE_SECONDS)
            return cast(bigquery.QueryJob, begun)

    @contextmanager
    def _cancelled_when_given_up(self) -> Iterator[str]:
        """The id for a job that is cancelled when nobody waits for it any longer.

        It would go on, and commit beside or after the one that repeats it. What had not committed by then is
        rolled back; a job that has ended already stays as it is.
        """
        job_id = uuid.uuid4().hex
        try:
            yield job_id
        except GIVEN_UP:
            self._cancel(job_id)
            raise

    def _cancel(self, job_id: str) -> None:
        """Asks for a job's end; failing to is only logged, as the caller has to know why it was asked."""
        try:
            self.client.cancel_job(job_id, retry=_ONCE, timeout=_CANCEL_SECONDS)
        except (exceptions.GoogleAPIError, GoogleAuthError, requests.RequestException) as error:
            _LOG.warning("job %s may go on: %s", job_id, error)
        else:
            _LOG.warning("job %s is given up and cancelled", job_id)

    def rows(self, sql: str, **values: Any) -> list[dict[str, Any]]:
        """The result rows as dictionaries; errors as of `run`, also while later pages are fetched."""
        with transient_told_apart():
            return [dict(row) for row in self.run(sql, **values)]

    def read(
        self,
        table: str,
        columns: Sequence[str],
        first: date | None = None,
        last: date | None = None,
        **among: str | Sequence[str],
    ) -> pa.Table:
        """Columns of a declared table's rows without a query job, as StorageReader.read."""
        started = perf_counter()
        rows = self.storage.read(spec_of(table), columns, first, last, **among)
        _tell("read", started, table=table, bytes=rows.nbytes)
        return rows

    def append(self, table: str, rows: Iterable[Mapping[str, Any]] | pa.Table) -> int:
        """Adds rows to a log table without a job, as StorageWriter.append; returns their number."""
        spec, started = spec_of(table), perf_counter()
        made = as_arrow(spec.arrow_schema(), rows)
        if made.num_rows:
            self._writer.append(spec, made)
            _tell("append", started, table=table, bytes=made.nbytes)
        return int(made.num_rows)

    def create_table(self, table: bigquery.Table) -> None:
        """Creates a table; one that is there is no error, as the answer to a first request may be lost.

        Raises:
            TransientError: it cannot now.
        """
        with transient_told_apart():
            self.client.create_table(table, exists_ok=True, retry=_RETRY, timeout=_TABLE_SECONDS)

    def discard_table(self, name: str) -> None:
        """Deletes a table that expires anyway; failing to is only logged."""
        try:
            self.client.delete_table(
                f"{self.client.project}.{name}", not_found_ok=True, retry=_RETRY, timeout=_TABLE_SECONDS
            )
        except (*TRANSIENT, exceptions.GoogleAPICallError) as error:
            _LOG.warning("%s stays until it expires: %s", name, error)

    def load(self, table: str, rows: Iterable[Mapping[str, Any]] | pa.Table) -> int:
        """Appends rows to a declared table with one parquet load job; returns their number."""
        spec = spec_of(table)
        return self.load_into(spec.table, self._schema_there(spec), as_arrow(spec.arrow_schema(), rows))

    def _schema_there(self, spec: TableSpec) -> list[bigquery.SchemaField]:
        """The declared columns as the table has them: BigQuery refuses a load that names another mode."""
        with transient_told_apart():
            name = f"{self.client.project}.{spec.table}"
            table = self.client.get_table(name, retry=_RETRY, timeout=_TABLE_SECONDS)
        there = {field.name: field for field in table.schema}
        return [there.get(field.name, field) for field in spec.bigquery_schema()]

    def load_into(self, table: str, schema: list[bigquery.SchemaField], rows: pa.Table) -> int:
        """Appends an arrow table to `dataset.name` with one parquet load job; returns its rows."""
        body, started = io.BytesIO(), perf_counter()
        pq.write_table(rows, body, compression="zstd")
        options = bigquery.ParquetOptions()  # type: ignore[no-untyped-call]
        options.enable_list_inference = True
        config = bigquery.LoadJobConfig(
            schema=schema,
            source_format=bigquery.SourceFormat.PARQUET,
            write_disposition=bigquery.WriteDisposition.WRITE_APPEND,
            parquet_options=options,
        )
        with transient_told_apart(), self._cancelled_when_given_up() as job_id:
            job = self.client.load_table_from_file(
                body,
                f"{self.client.project}.{table}",
                job_id=job_id,
                job_config=config,
                rewind=True,
                num_retries=2,
                timeout=self._seconds,
            )
            job.result(retry=_RETRY, timeout=self._seconds)
        _tell("load", started, table=table, bytes=rows.nbytes)
        return int(rows.num_rows)


def _tell(what: str, started: float, **about: str | int) -> None:
    """For whoever looks where the time goes: what the warehouse was asked for, and for how many seconds."""
    _LOG.debug(what, extra={"seconds": round(perf_counter() - started, 3), **about})


def as_arrow(schema: pa.Schema, rows: Iterable[Mapping[str, Any]] | pa.Table) -> pa.Table:
    """Rows as an arrow table of exactly this schema; a missing column is NULL, an unknown one an error."""
    if isinstance(rows, pa.Table):
        return rows.select(schema.names).cast(schema)
    listed = list(rows)
    known = set(schema.names)
    if unknown := {name for row in listed for name in row} - known:
        raise ValueError(f"rows have columns that the table lacks: {sorted(unknown)}")
    return pa.Table.from_pylist(listed, schema)
