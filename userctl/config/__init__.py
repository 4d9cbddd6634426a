"""Settings, where they come from, and the paths of an installation."""
