"""An application with users, sessions and tokens, and an endpoint of its own.

    pip install '.[fastapi]' uvicorn
    uvicorn examples.fastapi_app:app

It uses the database and the settings of the command line; a missing SQLite database is created.
"""

import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import Depends, FastAPI
from fastapi.middleware.cors import CORSMiddleware

from userctl import UserRead, open_accounts
from userctl.fastapi import current_user, install_error_handlers, require_role, router

accounts = open_accounts(create_database=True)


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
    """Close the connections to the database at the end."""
    # Otherwise the garbage collector would scan all imported modules while requests wait.
    gc.freeze()
    with accounts:
        yield


app = FastAPI(title="An application with users", lifespan=lifespan)
# The application decides which pages of other origins may call it.
app.add_middleware(
    CORSMiddleware,
    allow_origins=["http://localhost:3000"],
    allow_methods=["*"],
    allow_headers=["Authorization", "Content-Type", "If-Match"],
    expose_headers=["ETag", "Link", "Location", "Retry-After"],
)
app.include_router(router(accounts, prefix=""))
install_error_handlers(app)


@app.get("/")
def root() -> dict[str, str]:
    """Describe this application."""
    return {"name": app.title, "docs": "/docs"}


@app.get("/greeting")
def greeting(user: Annotated[UserRead, Depends(current_user)]) -> str:
    """Greet the user of the token."""
    return f"Hello, {user.name or user.email}!"


@app.get("/report", dependencies=[Depends(require_role("admin"))])
def report() -> list[str]:
    """List the users of ten active sessions, for admins."""
    return [session.email for session in accounts.sessions.list(limit=10).items]
