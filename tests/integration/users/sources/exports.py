"""An export of each system, with one user whose password is known and others without one."""

import base64
import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from tests.unit.security.password_hashes.vectors import OTHER_VECTORS, PASSWORD, SECRETS, VECTORS


class Export(NamedTuple):
    """An export of a system.

    Attributes:
        content: the file.
        password: that of ada@example.com; None if the system exports no hashes.
        secret: the name of the secret of the hashes.
        domain: the domain of users without an address.
        roles: what roles are here.
        users: how many users there are.
        lost: what cannot be carried.
    """

    content: str
    password: str | None = PASSWORD
    secret: str | None = None
    domain: str | None = None
    roles: Mapping[str, str] = MappingProxyType({"editors": "user"})
    users: int = 2
    lost: tuple[str, ...] = ()


def table(*rows: dict[str, object]) -> str:
    """Return CSV as databases write it."""
    lines = [",".join(rows[0])]
    for row in rows:
        cells = ("" if value is None else str(value).replace('"', '""') for value in row.values())
        lines.append(",".join(f'"{cell}"' if cell else "" for cell in cells))
    return "\n".join(lines) + "\n"


def folded(text: str) -> str:
    """Return a line of LDIF, folded."""
    return text[:60] + "\n " + text[60:]


BCRYPT = VECTORS["Django bcrypt"].removeprefix("bcrypt$")
WERKZEUG = VECTORS["Werkzeug scrypt"]
ARGON2 = VECTORS["fastapi-users argon2"]
ADA, EVE = "ada@example.com", "eve@example.com"
TIME = "2024-05-06 07:08:09+00"

PHP = VECTORS["bcryptjs"].replace("$2b$", "$2y$")
# Made with python-bcrypt, of the password and the pepper "s3cret" at its end.
PEPPERED = "$2b$04$zlGWtS.rdN3KmRrmrWwna.7T6oa2VNcGhPBsG6XZDbmNnLscbExOG"
# Made with hashlib: 10,000 rounds of PBKDF2 with SHA-256 and 50 bytes, as Gitea's oldest hashes.
GITEA_HASH = (
    "554a015c5a5033a5c832dc52c147a1444b74647bf5015042b941db69b82b"
    "79ad9d8bf5f76f99ddb60edffafd992da0856663"
)
GITEA_SALT = "0123456789abcdef0123456789abcdef"

# Made with hashlib: version 3 of ASP.NET Identity, 10,000 rounds of PBKDF2 with SHA-512.
ASPNET_HASH = "AQAAAAIAACcQAAAAEAABAgMEBQYHCAkKCwwNDg+k5xBtHrW/kaujhHs2lfb4xevdJiTEePX/zkhf1J4KSQ=="

# Made with hashlib as Django does it, with fewer rounds.
DJANGO = "pbkdf2_sha256$1000$ntb8VA8OYDQ8UJNyxbOO2O$GdlsxmK5VX0MjUZiWwIedE6R7qKKoQlHN7Dg99L38WQ="

SSHA = base64.b64encode(OTHER_VECTORS["LDAP SSHA"][1].encode()).decode()

EXPORTS = {
    "django": Export(
        json.dumps(
            [
                {"model": "auth.group", "pk": 1, "fields": {"name": "editors"}},
                {
                    "model": "accounts.user",
                    "pk": 1,
                    "fields": {
                        "password": DJANGO,
                        "last_login": "2025-01-02T03:04:05.678Z",
                        "is_superuser": True,
                        "first_name": "Ada",
                        "last_name": "Lovelace",
                        "email": "Ada@example.com",
                        "is_active": True,
                        "date_joined": "2024-05-06T07:08:09Z",
                        "groups": [1],
                    },
                },
                {
                    "model": "accounts.user",
                    "fields": {
                        "password": "!x",
                        "email": EVE,
                        "is_active": False,
                        "groups": [["x"]],
                    },
                },
            ],
            indent=1,
        )
    ),
    "keycloak": Export(
        json.dumps(
            {
                "id": "example",
                "realm": "example",
                "clients": [{"id": str(number)} for number in range(50)],
                "users": [
                    {
                        "username": "ada",
                        "email": ADA,
                        "enabled": True,
                        "emailVerified": True,
                        "firstName": "Ada",
                        "createdTimestamp": 1764151200000,
                        "credentials": [
                            {
                                "type": "password",
                                "secretData": json.dumps(
                                    {
                                        "value": "9O9Dgch6QvZU7OiKhGl4PLZxZNk1dblNVcvqtyLcCpQ=",
                                        "salt": "AAECAwQFBgcICQoLDA0ODw==",
                                    }
                                ),
                                "credentialData": json.dumps(
                                    {
                                        "hashIterations": 5,
                                        "algorithm": "argon2",
                                        "additionalParameters": {
                                            "hashLength": ["32"],
                                            "memory": ["7168"],
                                            "type": ["id"],
                                            "version": ["1.3"],
                                            "parallelism": ["1"],
                                        },
                                    }
                                ),
                            },
                            {"type": "otp"},
                        ],
                        "realmRoles": ["default-roles-example", "editors"],
                        "groups": ["/staff"],
                    },
                    {"username": "eve", "email": EVE, "enabled": False},
                ],
            }
        ),
        lost=("second factors",),
    ),
    "auth0": Export(
        json.dumps(
            [
                {
                    "email": ADA,
                    "email_verified": True,
                    "user_id": "auth0|1",
                    "name": "Ada Lovelace",
                    "app_metadata": {"roles": ["editors"]},
                    "custom_password_hash": {
                        "algorithm": "pbkdf2",
                        "hash": {"value": OTHER_VECTORS["Auth0 PBKDF2"][1], "encoding": "utf8"},
                    },
                    "mfa_factors": [{"totp": {"secret": "JBSWY3DPEHPK3PXP"}}],
                },
                {"email": EVE, "blocked": True, "name": EVE},
            ]
        ),
        password="test",
        lost=("second factors",),
    ),
    "firebase": Export(
        json.dumps(
            {
                "users": [
                    {
                        "localId": "a",
                        "email": ADA,
                        "emailVerified": True,
                        "passwordHash": VECTORS["Firebase"].split("$")[4],
                        "salt": "42xEC+ixf3L2lw==",
                        "displayName": "Ada",
                        "createdAt": "1508893925000",
                        "lastSignedInAt": "1508893925000",
                        "customAttributes": '{"role":"editors"}',
                    },
                    {"localId": "b", "email": EVE, "disabled": True},
                ]
            }
        ),
        secret="fire",
    ),
    "supabase": Export(
        table(
            {
                "id": "1",
                "email": ADA,
                "encrypted_password": VECTORS["fastapi-users argon2"],
                "email_confirmed_at": TIME,
                "banned_until": None,
                "raw_app_meta_data": '{"provider": "email", "providers": ["email", "github"]}',
                "raw_user_meta_data": '{"full_name": "Ada"}',
                "created_at": TIME,
                "last_sign_in_at": TIME,
            },
            {
                "id": "2",
                "email": EVE,
                "encrypted_password": None,
                "email_confirmed_at": None,
                "banned_until": "2999-01-01 00:00:00+00",
                "raw_app_meta_data": "{}",
                "raw_user_meta_data": None,
                "created_at": TIME,
                "last_sign_in_at": None,
            },
        ),
        lost=("logins by other providers",),
    ),
    "kratos": Export(
        json.dumps(
            {
                "state": "active",
                "traits": {"email": ADA, "name": {"first": "Ada", "last": "Lovelace"}},
                "verifiable_addresses": [{"value": ADA, "verified": True}],
                "credentials": {"password": {"config": {"hashed_password": ARGON2}}, "totp": {}},
                "metadata_public": {"role": "editors"},
            }
        )
        + "\n"
        + json.dumps({"state": "inactive", "traits": {"email": EVE}}),
        lost=("second factors",),
    ),
    "cognito": Export(
        json.dumps(
            {
                "Users": [
                    {
                        "Username": "ada",
                        "Attributes": [
                            {"Name": "email", "Value": ADA},
                            {"Name": "email_verified", "Value": "true"},
                        ],
                        "UserCreateDate": "2024-05-06T07:08:09.123000+00:00",
                        "Enabled": True,
                        "UserStatus": "CONFIRMED",
                    },
                    {
                        "Username": "eve",
                        "Attributes": [{"Name": "email", "Value": EVE}],
                        "Enabled": False,
                        "UserStatus": "CONFIRMED",
                    },
                ]
            }
        ),
        password=None,
        lost=("passwords, which Cognito does not export",),
    ),
    "airflow": Export(
        json.dumps(
            [
                {"email": ADA, "firstname": "Ada", "id": 1, "roles": ["editors"], "username": "a"},
                {"email": EVE, "firstname": "Eve", "id": 2, "roles": [], "username": "e"},
            ]
        ),
        password=None,
        lost=("passwords, which Airflow does not export",),
    ),
    "flask-appbuilder": Export(
        table(
            {
                "id": 1,
                "first_name": "Ada",
                "last_name": "Lovelace",
                "username": "ada",
                "password": WERKZEUG,
                "active": "t",
                "email": ADA,
                "last_login": TIME,
                "login_count": 3,
                "fail_login_count": 0,
                "created_on": TIME,
            },
            {
                "id": 2,
                "first_name": "Eve",
                "last_name": "",
                "username": "eve",
                "password": None,
                "active": "f",
                "email": EVE,
                "last_login": None,
                "login_count": 0,
                "fail_login_count": 0,
                "created_on": TIME,
            },
        )
    ),
    "flask-security": Export(
        table(
            {
                "email": ADA,
                "password": VECTORS["Flask-Security argon2"].removeprefix("$hmac-sha512$salt"),
                "active": 1,
                "fs_uniquifier": "x",
                "confirmed_at": TIME,
                "last_login_at": TIME,
                "tf_totp_secret": "x",
            },
            {
                "email": EVE,
                "password": None,
                "active": 0,
                "fs_uniquifier": "y",
                "confirmed_at": None,
                "last_login_at": None,
                "tf_totp_secret": None,
            },
        ),
        secret="salt",
        lost=("second factors",),
    ),
    "fastapi-users": Export(
        table(
            {
                "id": "0d3c2a1e",
                "email": ADA,
                "hashed_password": ARGON2,
                "is_active": "true",
                "is_superuser": "true",
                "is_verified": "true",
            },
            {
                "id": "0d3c2a1f",
                "email": EVE,
                "hashed_password": None,
                "is_active": "false",
                "is_superuser": "false",
                "is_verified": "false",
            },
        )
    ),
    "htpasswd": Export(
        f"# users\nada:{VECTORS['htpasswd apr1']}\n\neve:{VECTORS['htpasswd SHA-512']}\n",
        domain="example.com",
    ),
    "ldap": Export(
        "version: 1\n\ndn: ou=people,dc=example,dc=com\nobjectClass: organizationalUnit\n\n"
        "dn: uid=ada,ou=people,dc=example,dc=com\nuid: ada\nmail: ada@example.com\ncn:: "
        + base64.b64encode("Ada Löwe".encode()).decode()
        + "\n"
        + folded(f"userPassword:: {SSHA}")
        + "\nmemberOf: cn=editors,ou=groups,dc=example,dc=com\n"
        "createTimestamp: 20240506070809Z\n\n"
        "dn: uid=eve,ou=people,dc=example,dc=com\nuid: eve\nmail: eve@example.com\n"
        "pwdAccountLockedTime: 000001010000Z\n",
        password="test123",
    ),
    "laravel": Export(
        table(
            {
                "id": 1,
                "name": "Ada",
                "email": ADA,
                "email_verified_at": "2024-05-06 07:08:09",
                "password": PHP,
                "remember_token": "x",
                "created_at": "2024-05-06 07:08:09",
            },
            {
                "id": 2,
                "name": "Eve",
                "email": EVE,
                "email_verified_at": "NULL",
                "password": "NULL",
                "remember_token": "NULL",
                "created_at": "2024-05-06 07:08:09",
            },
        )
    ),
    "devise": Export(
        table(
            {
                "id": 1,
                "email": ADA,
                "encrypted_password": PEPPERED,
                "reset_password_token": None,
                "sign_in_count": 4,
                "last_sign_in_at": "2024-05-06 07:08:09 UTC",
                "confirmed_at": "2024-05-06 07:08:09 UTC",
                "locked_at": None,
                "created_at": "2024-05-06 07:08:09.123456",
            },
            {
                "id": 2,
                "email": EVE,
                "encrypted_password": "",
                "reset_password_token": None,
                "sign_in_count": 0,
                "last_sign_in_at": None,
                "confirmed_at": None,
                "locked_at": "2024-05-06 07:08:09",
                "created_at": "2024-05-06 07:08:09",
            },
        ),
        secret="pepper",
    ),
    "wordpress": Export(
        table(
            {
                "ID": 1,
                "user_login": "ada",
                "user_pass": VECTORS["WordPress"],
                "user_email": ADA,
                "user_registered": "2024-05-06 07:08:09",
                "display_name": "Ada",
                "wp_capabilities": 'a:1:{s:7:"editors";b:1;}',
            },
            {
                "ID": 2,
                "user_login": "eve",
                "user_pass": None,
                "user_email": EVE,
                "user_registered": "0000-00-00 00:00:00",
                "display_name": "Eve",
                "wp_capabilities": "",
            },
        )
    ),
    "gitea": Export(
        table(
            {
                "id": 1,
                "lower_name": "ada",
                "name": "Ada",
                "full_name": "Ada Lovelace",
                "email": ADA,
                "passwd": GITEA_HASH,
                "passwd_hash_algo": "pbkdf2",
                "salt": GITEA_SALT,
                "is_active": 1,
                "is_admin": 1,
                "prohibit_login": 0,
                "must_change_password": 0,
                "created_unix": 1714979289,
                "last_login_unix": 1714979289,
                "type": 0,
            },
            {
                "id": 2,
                "lower_name": "eve",
                "name": "eve",
                "full_name": "",
                "email": EVE,
                "passwd": "",
                "passwd_hash_algo": "argon2$2$65536$8$50",
                "salt": "",
                "is_active": 1,
                "is_admin": 0,
                "prohibit_login": 1,
                "must_change_password": 0,
                "created_unix": 1714979289,
                "last_login_unix": 0,
                "type": 0,
            },
        ),
    ),
    "nextcloud": Export(
        table(
            {
                "uid": "ada",
                "displayname": "Ada",
                "password": VECTORS["Nextcloud argon2"],
                "uid_lower": "ada",
                "email": ADA,
            },
            {
                "uid": "eve",
                "displayname": "Eve",
                "password": None,
                "uid_lower": "eve",
                "email": None,
            },
        ),
        domain="example.com",
    ),
    "aspnet": Export(
        table(
            {
                "Id": "1",
                "UserName": "ada",
                "Email": ADA,
                "EmailConfirmed": "True",
                "PasswordHash": ASPNET_HASH,
                "SecurityStamp": "x",
                "TwoFactorEnabled": "True",
                "LockoutEnd": None,
            },
            {
                "Id": "2",
                "UserName": "eve",
                "Email": EVE,
                "EmailConfirmed": "False",
                "PasswordHash": None,
                "SecurityStamp": "y",
                "TwoFactorEnabled": "False",
                "LockoutEnd": "9999-12-31 23:59:59+00:00",
            },
        ),
        lost=("second factors",),
    ),
}
"""The systems by name."""

ALL_SECRETS = {**SECRETS, "pepper": "s3cret"}
