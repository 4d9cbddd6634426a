"""Users as code: plans what declared users need, and does that."""
