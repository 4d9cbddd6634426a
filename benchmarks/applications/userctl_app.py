"""An application with nothing but the router of userctl, configured by the environment."""

from fastapi import FastAPI

from userctl import open_accounts
from userctl.fastapi import router

app = FastAPI()
app.include_router(router(open_accounts(), prefix=""))
