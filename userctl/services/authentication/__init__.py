"""Ways to prove an identity, and limits on guessing."""
