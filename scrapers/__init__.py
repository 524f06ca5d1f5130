"""Phase 1: fetches the providers' bodies and lands them unchanged."""
