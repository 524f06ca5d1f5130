"""A local Pub/Sub: google.pubsub.v1 with signed push, retries and dead letters, durable in SQLite."""
