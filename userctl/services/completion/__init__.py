"""What shells complete from the database and the keyring."""
