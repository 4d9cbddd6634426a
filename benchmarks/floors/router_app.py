"""A FastAPI application with the router and nothing else."""

from fastapi import FastAPI

from userctl import open_accounts
from userctl.fastapi import router

app = FastAPI()
app.include_router(router(open_accounts(), prefix=""))


@app.get("/ready")
def ready() -> str:
    """Tell that requests are answered."""
    return "ready"
