"""Completion in shells: scripts for them, and what can stand at the cursor."""
