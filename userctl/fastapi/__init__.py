"""A router and dependencies that give an application built with FastAPI users and tokens."""

from userctl.fastapi.application import install_error_handlers
from userctl.fastapi.problems import Problem, ProblemError
from userctl.fastapi.router import router
from userctl.fastapi.security import current_token, current_user, require_role, require_scope

__all__ = [
    "Problem",
    "ProblemError",
    "current_token",
    "current_user",
    "install_error_handlers",
    "require_role",
    "require_scope",
    "router",
]
