CREATE TABLE IF NOT EXISTS settings (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS topics (name TEXT PRIMARY KEY, body BLOB NOT NULL) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS subscriptions (name TEXT PRIMARY KEY, body BLOB NOT NULL) WITHOUT ROWID;

-- AUTOINCREMENT: a message id is never used again, also when its message is long gone.
CREATE TABLE IF NOT EXISTS messages (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    published_at REAL NOT NULL,
    body BLOB NOT NULL
);

-- One row a message and subscription until it is acknowledged. attempts counts deliveries begun;
-- due_at is when it may be delivered next, or when its lease ends while leased = 1.
CREATE TABLE IF NOT EXISTS deliveries (
    subscription TEXT NOT NULL,
    message_id INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    due_at REAL NOT NULL,
    leased INTEGER NOT NULL DEFAULT 0,
    duplicated INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (subscription, message_id)
) WITHOUT ROWID;

CREATE INDEX IF NOT EXISTS deliveries_next ON deliveries (subscription, leased, due_at, message_id);
CREATE INDEX IF NOT EXISTS deliveries_due ON deliveries (due_at);
CREATE INDEX IF NOT EXISTS deliveries_message ON deliveries (message_id);
