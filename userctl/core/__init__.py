"""What every other room may use: errors, the clock, text, files, locks."""
