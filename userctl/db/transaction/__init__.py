"""The unit of work, its commit, and the retry of transactions."""
