"""``userctl user``, a module per verb."""
