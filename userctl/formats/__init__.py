"""Formats of files: CSV, JSON lines, Prometheus text."""
