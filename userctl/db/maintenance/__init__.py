"""Vacuum, size, inspection, and the pacing of long work."""
