"""The one place that writes to standard output and standard error."""
