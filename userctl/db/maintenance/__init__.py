"""Vacuum, size, inspection, and the pace of long work."""
