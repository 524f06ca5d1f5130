"""The emulator's one SQLite file: a folder that only one process may hold, and transactions on it."""

import fcntl
import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SCHEMA = Path(__file__).with_name("schema.sql")
_READ_ONLY, _WRITABLE = "PRAGMA query_only = ON", "PRAGMA query_only = OFF"


class DataFolderInUse(RuntimeError):
    """Another emulator runs on the same data folder."""


class Database:
    """One connection shared by all threads, one transaction at a time.

    Every transaction is in the operating system's hands when it returns, so it outlives a kill -9 of the
    process. WAL with synchronous=NORMAL does not wait for the disk: a power cut may lose the last ones.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._holder = _hold(folder)
        self._lock = threading.RLock()
        self._connection = _connect(folder / "pubsub.sqlite3")

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Commit what happens inside, or undo all of it when it raises. Not to be nested."""
        with self._opened("BEGIN IMMEDIATE") as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """The same for what only reads, all of the same moment; it works on a full disk too."""
        with self._opened("BEGIN") as connection:
            yield connection

    @contextmanager
    def _opened(self, begin: str) -> Iterator[sqlite3.Connection]:
        with self._lock, self._connection:
            self._connection.execute(begin)
            yield self._connection

    def setting(self, key: str) -> str | None:
        """Return the stored setting, or None when it was never set."""
        with self._lock:
            row = self._connection.execute("SELECT value FROM settings WHERE key = ?", (key,)).fetchone()
        return row[0] if row else None

    def set_settings(self, values: dict[str, str]) -> None:
        """Store the settings together."""
        with self.transaction() as connection:
            connection.executemany("INSERT OR REPLACE INTO settings VALUES (?, ?)", values.items())

    def refuse_writes(self, refused: bool) -> None:
        """Let every write fail, as on a full disk, where even the log of changes cannot grow; or none."""
        with self._lock:
            self._connection.execute(_READ_ONLY if refused else _WRITABLE)

    def close(self) -> None:
        """Close the file and let the folder go; whoever uses the database afterwards gets an error."""
        with self._lock:
            self._connection.close()
            os.close(self._holder)


def _hold(folder: Path) -> int:
    holder = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(holder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(holder)
        raise DataFolderInUse(
            f"{folder} is held by another Pub/Sub emulator: stop it or choose another"
        ) from None
    return holder


def _connect(path: Path) -> sqlite3.Connection:
    # Created here, not by SQLite, because it holds the signing key: private whatever the umask is.
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.executescript(SCHEMA.read_text(encoding="utf-8"))
    return connection
