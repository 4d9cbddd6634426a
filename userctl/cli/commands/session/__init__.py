"""``userctl session``, a module per verb, and ``login``, ``logout`` and ``whoami``."""
