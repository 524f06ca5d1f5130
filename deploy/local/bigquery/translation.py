"""Parsing and translating a statement once: what the launcher changes about bqemulator for speed.

bqemulator parses each statement some forty times and forgets what it made of it. Here a process remembers the
trees and scripts, and a file beside the emulator's packages what a statement became, for emulators that start
later: a platform's first slate would otherwise wait for the translation of everything that it runs.
"""

import functools
import hashlib
import logging
import sqlite3
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeVar

Value = TypeVar("Value")
_LOG = logging.getLogger(__name__)
# A slate's statements and all that each becomes on its way; fewer, and the next slate finds none of them.
KEPT = 3000
_PREPARE = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = NORMAL",
    "CREATE TABLE IF NOT EXISTS texts (key TEXT PRIMARY KEY, text TEXT NOT NULL)",
    "DELETE FROM texts WHERE rowid <= (SELECT MAX(rowid) FROM texts) - 20000",
)
SHORT_SQL = 200  # characters; parsing that is as quick as copying what was parsed
# sqlglot's generator has templates, which its compiled edition parses for each statement that it writes.
TEMPLATES = "generator"
# Who asks for a statement's tree and leaves it as it is.
ONLY_LOOK = {
    TEMPLATES,
    "_parse_for_classification",
    "_reject_dml_on_immutable",
    "_capture_dml_snapshots",
    "_detect_catalog_drop",
    "_detect_create_schema",
    "_detect_plain_create_view",
    "_detect_plain_create_table",
    "_is_row_producing",
    "build_catalog_schema",
    "detect_drop_routine",
    "tables_of",
}
# Who writes a tree as a statement and then drops it, so that no copy has to be written instead.
DROP_AFTER = {"_rewrite_vars_to_params", "rewrite_table_refs", "rewrite_for_row_access"}


def patch_translation(file: Path) -> None:
    """Remembers what was parsed, and in a file, too, what was translated."""
    from bqemulator.domain.result import Ok  # type: ignore[import-not-found]
    from bqemulator.jobs import executor  # type: ignore[import-not-found]
    from bqemulator.scripting import interpreter  # type: ignore[import-not-found]
    from bqemulator.scripting.parser import parse_script  # type: ignore[import-not-found]
    from bqemulator.sql.translator import SQLTranslator  # type: ignore[import-not-found]
    from sqlglot.dialects.dialect import Dialect  # type: ignore[import-not-found]

    parse, generate, translate = Dialect.parse, Dialect.generate, SQLTranslator.translate
    qualify = interpreter.rewrite_table_refs
    parsed: dict[Any, list[Any]] = {}
    made_by = ", ".join(f"{name} {version(name)}" for name in ("bqemulator", "sqlglot", "duckdb"))
    translated, qualified = (Texts(file, f"{how} by {made_by}") for how in ("translated", "qualified"))

    def parse_once(dialect: Any, sql: str, **options: Any) -> list[Any]:
        asking = sys._getframe(2).f_code.co_name
        if options or (len(sql) < SHORT_SQL and asking != TEMPLATES):
            return list(parse(dialect, sql, **options))
        trees = remembered(parsed, (type(dialect), sql), lambda: parse(dialect, sql))
        # The others change what they get, and copying takes as long as running the statement.
        return list(trees) if asking in ONLY_LOOK else [tree and tree.copy() for tree in trees]

    def generate_without_copy(dialect: Any, expression: Any, copy: bool = True, **options: Any) -> str:
        copy = copy and sys._getframe(1).f_code.co_name not in DROP_AFTER
        return str(generate(dialect, expression, copy=copy, **options))

    def translate_once(translator: Any, bq_sql: str, **given: Any) -> Any:
        key = (bq_sql, repr(sorted(given.items(), key=lambda item: item[0])))
        if (text := translated.get(key)) is not None:
            return Ok(text)
        result = translate(translator, bq_sql, **given)
        if result.is_ok():
            translated.keep(key, result.value)
        return result

    def qualify_once(duckdb_sql: str, project_id: str) -> str:
        key = (duckdb_sql, project_id)
        text = qualified.get(key)
        return qualified.keep(key, qualify(duckdb_sql, project_id)) if text is None else text

    Dialect.parse, Dialect.generate = parse_once, generate_without_copy
    SQLTranslator.translate = translate_once
    executor.parse_script = interpreter.parse_script = functools.lru_cache(KEPT)(parse_script)
    executor.rewrite_table_refs = interpreter.rewrite_table_refs = qualify_once


def patch_views() -> None:
    """Looks for views and row access policies in what a statement reads before a copy of its tree is made."""
    from bqemulator.sql import inner_query  # type: ignore[import-not-found]

    rewrite = inner_query.rewrite_for_row_access

    def rewrite_where_needed(sql: str, *, project_id: str, catalog: Any, **given: Any) -> str:
        read = [
            catalog.get_table(project or project_id, dataset, table)
            for project, dataset, table in tables_of(sql)
        ]
        plain = all(table is None or table.table_type != "VIEW" for table in read)
        if plain and not catalog.list_all_row_access_policies():
            return sql
        return str(rewrite(sql, project_id=project_id, catalog=catalog, **given))

    inner_query.rewrite_for_row_access = rewrite_where_needed


@functools.lru_cache(KEPT)
def tables_of(sql: str) -> frozenset[tuple[str, str, str]]:
    """Project or nothing, dataset and name of every table that a statement names with its dataset."""
    import sqlglot  # type: ignore[import-not-found]

    try:
        tree = sqlglot.parse_one(sql, read="bigquery")
    except sqlglot.errors.SqlglotError:
        return frozenset()
    return frozenset(
        (each.catalog, each.db, each.name) for each in tree.find_all(sqlglot.exp.Table) if each.db
    )


def remembered(memory: dict[Any, Value], key: Any, make: Callable[[], Value]) -> Value:
    """The value of a key, made once; those asked for longest ago are forgotten."""
    memory[key] = memory.pop(key) if key in memory else make()
    while len(memory) > KEPT:
        del memory[next(iter(memory))]
    return memory[key]


class Texts:
    """What texts became, in memory and in a file that emulators share.

    The file holds only what can be made again: where it cannot be used, that is told once, and it is made.

    Args:
        how: how they became it; what became of them in another way is something else.
    """

    def __init__(self, file: Path, how: str) -> None:
        self._how, self._memory = how, dict[str, str]()
        self._path, self._file = file, None
        try:
            self._file = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
        except sqlite3.Error as error:
            self._do_without(error)
        for sql in _PREPARE:
            self._in_file(sql)

    def get(self, key: tuple[str, ...]) -> str | None:
        """What was kept."""
        name = self._name(key)
        text = self._memory.get(name) or self._in_file("SELECT text FROM texts WHERE key = ?", name)
        return None if text is None else remembered(self._memory, name, lambda: text)

    def keep(self, key: tuple[str, ...], text: str) -> str:
        """Keeps what a key became, and returns it."""
        name = self._name(key)
        self._in_file("INSERT OR IGNORE INTO texts VALUES (?, ?)", name, text)
        return remembered(self._memory, name, lambda: text)

    def _in_file(self, sql: str, *values: str) -> str | None:
        """The first value that the file has to say."""
        if self._file is None:
            return None
        row = None
        try:
            row = self._file.execute(sql, values).fetchone()
        except sqlite3.Error as error:
            self._do_without(error)
        return str(row[0]) if row else None

    def _do_without(self, error: sqlite3.Error) -> None:
        self._file = None
        _LOG.warning("%s is not used, and statements are translated anew: %s", self._path, error)

    def _name(self, key: tuple[str, ...]) -> str:
        return hashlib.sha256(repr((self._how, key)).encode()).hexdigest()
