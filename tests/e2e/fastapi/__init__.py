"""Tests of an application with the router, in processes of its own."""
