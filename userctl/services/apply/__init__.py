"""Users as code: plans the changes that declared users need, and carries them out."""
