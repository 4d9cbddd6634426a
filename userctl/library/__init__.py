"""The library: the use cases of userctl for a service that shares the tables."""
