#!/bin/sh
# Post what would change to the pull request, and fail if the users cannot be applied.
set -u
code=0
userctl apply users --prune --check > plan.txt 2>&1 || code=$?
{
    printf '%s\n' '`userctl apply --check`:' '```diff'
    cat plan.txt
    printf '%s\n' '```'
} > comment.md
gh pr comment "$PULL_REQUEST" --body-file comment.md || exit 1
# 8 is what the pull request changes.
[ "$code" -eq 0 ] || [ "$code" -eq 8 ]
