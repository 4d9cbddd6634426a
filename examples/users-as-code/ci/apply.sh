#!/bin/sh
# Apply the users: all that the review saw, or nothing.
set -eu
userctl apply users --prune --yes --tokens-out tokens.json
