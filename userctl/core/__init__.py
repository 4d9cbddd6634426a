"""What every other package may use: errors, the clock, text, files and locks."""
