"""Log-based metrics, alert policies and dashboards, as JSON in the form of Google's APIs."""
