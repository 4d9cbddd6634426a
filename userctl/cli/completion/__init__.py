"""Completion in shells: their scripts, and the candidates at the cursor."""
