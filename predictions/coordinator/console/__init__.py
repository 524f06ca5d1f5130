"""The operator's console: pages that the coordinator serves at /console."""
