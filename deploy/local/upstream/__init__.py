"""The outside world on one machine: serves an archive in the providers' own formats."""
