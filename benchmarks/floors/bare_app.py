"""A FastAPI application that verifies and refreshes by hand, with a connection for each thread."""

import os
import threading
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Header
from pydantic import BaseModel
from sessions_by_hand import ByHand

app = FastAPI()
_local = threading.local()


def by_hand() -> ByHand:
    """Return what works for this thread."""
    if not hasattr(_local, "by_hand"):
        url = os.environ["USERCTL_DATABASE_URL"]
        _local.by_hand = ByHand(url, os.environ["USERCTL_SECRET_KEY"])
    found: ByHand = _local.by_hand
    return found


def current_user(authorization: Annotated[str, Header()]) -> dict[str, Any]:
    """Return the user of an access token."""
    row = by_hand().verify(authorization.removeprefix("Bearer "))
    return {name: row[name] for name in ("id", "email", "name", "role")}


class Refresh(BaseModel):
    """A refresh token."""

    refresh_token: str


@app.get("/ready")
def ready() -> str:
    """Tell that requests are answered."""
    return "ready"


@app.get("/auth/me")
def me(user: Annotated[dict[str, Any], Depends(current_user)]) -> dict[str, Any]:
    """Return the user who asks."""
    return user


@app.post("/auth/refresh")
def refresh(body: Refresh) -> dict[str, str]:
    """Exchange a refresh token."""
    return {"refresh_token": by_hand().refresh(body.refresh_token)}
