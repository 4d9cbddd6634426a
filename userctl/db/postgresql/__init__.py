"""The parts that only PostgreSQL needs: its backup programs and its privileges."""
