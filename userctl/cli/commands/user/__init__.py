"""``userctl user``, a file per verb."""
