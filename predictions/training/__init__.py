"""Training of the learned system, its models as rows, and what may become champion."""
