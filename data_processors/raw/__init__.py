"""Phase 2: turns landed bodies into tables, one folder a table."""
