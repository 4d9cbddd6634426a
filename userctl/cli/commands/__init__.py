"""The commands, a package per noun and a module per verb; the command table names them."""
