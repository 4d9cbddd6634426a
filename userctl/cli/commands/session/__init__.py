"""``userctl login``, ``logout`` and ``whoami``."""
