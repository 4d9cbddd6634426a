"""Generators of the reference pages, one module for each kind of page."""
