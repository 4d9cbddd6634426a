"""The command line of a Flask application with Flask-Security: DATABASE COMMAND..."""

import sys

from flask import Flask
from flask.cli import FlaskGroup
from flask_security import Security, SQLAlchemyUserDatastore
from flask_security.models import fsqla_v3 as fsqla
from flask_sqlalchemy import SQLAlchemy

app = Flask(__name__)
app.config |= {
    "SECRET_KEY": "a key of a benchmark with 32 bytes",
    "SECURITY_PASSWORD_SALT": "146585145368132386173505678016728509634",
    "SECURITY_PASSWORD_HASH": "bcrypt",
    "SECURITY_PASSWORD_HASH_PASSLIB_OPTIONS": {"bcrypt__rounds": 12},
    "SECURITY_EMAIL_VALIDATOR_ARGS": {"check_deliverability": False},
    "SQLALCHEMY_DATABASE_URI": f"sqlite:///{sys.argv.pop(1)}",
}
db = SQLAlchemy(app)
fsqla.FsModels.set_db_info(db)


class Role(db.Model, fsqla.FsRoleMixin):
    """A role."""


class User(db.Model, fsqla.FsUserMixin):
    """An account."""


Security(app, SQLAlchemyUserDatastore(db, User, Role))

if sys.argv[1:] == ["prepare"]:
    with app.app_context():
        db.create_all()
else:
    FlaskGroup(create_app=lambda: app)()
