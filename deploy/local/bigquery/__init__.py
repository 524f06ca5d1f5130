"""BigQuery on one machine: bqemulator in a process and an environment of its own."""
