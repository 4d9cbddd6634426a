"""Hashes that the libraries of other systems made, each with its password.

They come from Django 5.2, Werkzeug 3.1, Flask-Security 5.7, pwdlib 0.3, libpass 1.9 and argon2-cffi
25.1 of PyPI, bcryptjs, wordpress-hash-node and phpass of npm, and for Keycloak, Firebase, Auth0,
Kanidm and Nextcloud from the vectors of their tests.
"""

from collections.abc import Callable, Mapping

import pytest
from _pytest.mark import ParameterSet

from userctl.security.password_hashes import parse

PASSWORD = "correct horse 77"

SIGNER_KEY = (
    "jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA=="
)
SECRETS = {"fire": SIGNER_KEY, "salt": "146585145368132386173505678016728509634"}

VECTORS = {
    "Django PBKDF2": (
        "pbkdf2_sha256$1000000$UCr2vxYHnALMl1LTZWmgox$P4NxSGUTySf1nfdL1KrhFhZfu/ZeWD1U+pkCpSIY59s="
    ),
    "Django PBKDF2 with SHA-1": (
        "pbkdf2_sha1$1000000$sAvsRVxlG2WaAsfeORzSKB$QVVutLx1XMsSvpp9m2A9BIbQTbk="
    ),
    "Django argon2": (
        "argon2$argon2id$v=19$m=102400,t=2,p=8$OG14aGxsRHdDTWdJV0czUEpSd2k2NQ"
        "$HurgdFJtIiG3lkBvH8kv33kzAcWlcQdusI8sr/SNdGw"
    ),
    "Django bcrypt": "bcrypt$$2b$12$DZ0krIL7sxbtQlSTFAXMuuCftVQXaT9Um7vEulGaBhCzAHLWEmF.y",
    "Django MD5": "md5$wLuyLfRhzRqdjDz3GR7HQL$ec8586581787841bb8d26b2afbd1f138",
    "Keycloak argon2": (
        "$argon2id$v=19$m=7168,t=5,p=1$AAECAwQFBgcICQoLDA0ODw"
        "$9O9Dgch6QvZU7OiKhGl4PLZxZNk1dblNVcvqtyLcCpQ"
    ),
    "Keycloak PBKDF2 as a PHC string": (
        "$pbkdf2-sha256$i=27500,l=64$AAECAwQFBgcICQoLDA0ODw"
        "$SMEQtMuBcS2jzsxpmiKqMp5BTCdwc9A6Aa+MXBLAtJB7qWY2/nXiIdXh9itWfeVDqoHnPRvZ9hlB1CA94WpcOA"
    ),
    "Keycloak PBKDF2 with SHA-1": (
        "$pbkdf2-sha1$i=20000,l=64$AAECAwQFBgcICQoLDA0ODw"
        "$0ETLvFv+0/djqpZl7xZVFZHQAS69oNjhQsEV7tAsffo93ecVWyMy6u+4bAxQ8no6NFvlYZDUBv5QnJKjkAbZjQ"
    ),
    "Firebase": (
        "$firescrypt$ln=14,r=8,p=1$42xEC+ixf3L2lw==$WOEca0revY4KhjTKtmDtBtOCfZBe3uTCkZPzZ/vf6W"
        "ChJXOsNPOYVf2KZq7bN3VOGmiyVbIelnKmK8QXvgZ0JA==$Bw==$@fire"
    ),
    "Firebase with its key": (
        "$firescrypt$ln=14,r=8,p=1$42xEC+ixf3L2lw==$WOEca0revY4KhjTKtmDtBtOCfZBe3uTCkZPzZ/vf6W"
        f"ChJXOsNPOYVf2KZq7bN3VOGmiyVbIelnKmK8QXvgZ0JA==$Bw==${SIGNER_KEY}"
    ),
    "Werkzeug scrypt": (
        "scrypt:32768:8:1$X5lE92ccCuBTdHg4$baf46da38264275a77a7b5a0f61947ff7e000411cde21cc8131d9a"
        "a5f9869d67785a67bc02212012eaffb6a58de8f572f177d2982db4b333e802d1a87b69bd03"
    ),
    "Werkzeug PBKDF2": (
        "pbkdf2:sha256:260000$H9BVWBxIuncqWfNo$"
        "76ff0294391f3dd56f7adcdaaa6415c9622dcfd2da72bc82f8b72a31889ef53c"
    ),
    "Flask-Security argon2": (
        "$hmac-sha512$salt$argon2id$v=19$m=65536,t=3,p=4$ifFei1Fqzdn7P6f03vuf0w"
        "$JQKdsX0oePlimh//TG4fYoeDSKp4HGCAkYOpkDio2Qc"
    ),
    "Flask-Security argon2, hashed once": (
        "$argon2id$v=19$m=65536,t=3,p=4$DeEc4/w/R+i9txaCcI7Rmg"
        "$IIE/xOVcTZQGUWtTLqqC8/olcVkv0jwT4TLznitDUAQ"
    ),
    "Flask-Security PBKDF2": (
        "$hmac-sha512$salt$pbkdf2-sha512$25000$dG5tDeG8F8JYizHmnJOyFg$yS8UA9IIpPI2oeLno1yNU5Md"
        "pfjpBshhso/9BzgqoVULJxa0dhbRFwFPRLgyuOi1..toYjOyUGfIVz2HQECswg"
    ),
    "fastapi-users argon2": (
        "$argon2id$v=19$m=65536,t=3,p=4$/dQNzyKxvEKqcNPDVK6IwQ"
        "$k4ntJfrszh4tEQbdyj+prLUbHuRWLcJbrsfK1hpCZ2s"
    ),
    "htpasswd apr1": "$apr1$yg5Dofz9$VDcDnJybfPGaGXAQkfRUk.",
    "htpasswd SHA-1": "{SHA}zyc9X/eawwW1U/uTDLUUmrpXpb0=",
    "htpasswd SHA-512": (
        "$6$rounds=656000$8/H/BBVWeXFLyjMz$Ifmf9l5oY8swfuDNsySfXa5bmicbheA4pBQmtp2WvrcQKTg5NGDg.."
        "/oE2ASkzeDA75s8507AUF8ibe5oKTxT."
    ),
    "htpasswd DES": "{CRYPT}THGhnm260WNyw",
    "WordPress": "$wp$2y$10$kPuYKf0.CSolXrKdgv90H.Ev0pWanSIwymkUHMuPL9dDVv.kf/QM.",
    "Nextcloud argon2": (
        "3|$argon2id$v=19$m=65536,t=4,p=1$en0gmOPqf9GDPhruWWIslw"
        "$tCcDYZWA4U8vlHv3Fb5nwDUQ/vUcqOzUwd/CYdukVR0"
    ),
    "passlib scrypt": (
        "$scrypt$ln=16,r=8,p=1$RUip9b53zllrzZnTOkfI+Q$RIoj/MG9oetBC3dZJ8Y14T2fYiZV5RzLwt0z0jo1wNE"
    ),
    "Django bcrypt with SHA-256": (
        "bcrypt_sha256$$2b$12$/Q6YOJZm/y1XGgz5kSII6.Z4hEWCjxye71/TiZVs/bnXaE68ypuQq"
    ),
    "Django scrypt": (
        "scrypt$16384$JQDYvCiH8jkrkeTd9RAybD$8$5$bpc3vssmUeTVhtARoJVERsh8VxmKL5G+p4kHGrOfUCgv"
        "WMw15Wdsusmym+6JdmwHQI5R8by1ACVhunRPBVkMhw=="
    ),
    "Werkzeug PBKDF2 with SHA-512": (
        "pbkdf2:sha512:1000$BLGbr8VqflgPVM1f$ff2b3133e8cc3f5f85e59b5404fa922f74fea988762aedd5"
        "2e5dfbaf0056b1d55abef94ec353beabdc00ca5c980d404a5c22c04a880450bfe26ac91baaa0e85b"
    ),
    "Werkzeug PBKDF2 with SHA-1": (
        "pbkdf2:sha1:1000$3SomPdBZOkPjfFI3$0a40a86456d54b64c243318000961383aa3494fb"
    ),
    "passlib bcrypt with SHA-256": (
        "$bcrypt-sha256$v=2,t=2b,r=6$hQlCUvqZODd6fdSWWNXfAO$tP7zMkjlJRcWFx3HMMVwnoKDXtPjWea"
    ),
    "passlib PBKDF2 with SHA-1": "$pbkdf2$1000$aQ3h3PvfG.Pce09JqVUqpQ$L12NoAwchVg3fPG5eHKwiqC539Q",
    "passlib PBKDF2": (
        "$pbkdf2-sha256$1000$nrOWcs55L6V0zrmXEsLY2w$tnZK8Dn5gsFgSagYtqDITOpvh7oDP1ZDzuOdp5cI9Vk"
    ),
    "crypt with SHA-256": "$5$sDk5EKzq/.tZzVfI$J5r2Cut5PHg9uCb9vfm5fsSYfIM73U.tdL5jLM77lB5",
    "crypt with MD5": "$1$OcTELL2D$qzXnLAb6XKwWfUwJmZGGk.",
    "phpass of passlib": "$P$6iL/.AO6y79xGBU64HSmxAjSvGJaD6/",
    "phpass of wordpress-hash-node": "$P$Bm25RqE2ONhoSNn.CyJbMij6ANKr7Y1",
    "phpass of phpBB": "$H$Bm25RqE2ONhoSNn.CyJbMij6ANKr7Y1",
    "argon2i": (
        "$argon2i$v=19$m=1024,t=1,p=4$ozSmtJbSupdy7t37H+PcOw$tvXypSPgs1eiGnOeEIdmUnV71Acbt2mr"
        "kP2/7k12obw"
    ),
    "LDAP SSHA-512": (
        "{SSHA512}hJAhv/HWXrIX5dsV0KvP4YkzUmUcJgfbs/FH0br373K6Xld8Rv1xnSNYXLQ1BcIJ4desSqKrIM6"
        "HMkDtlgsdLO59732vFUKo"
    ),
    "LDAP MD5": "{MD5}Wldtk7civVU/4zisxy3McA==",
    "LDAP SMD5": "{SMD5}BY9IeNLOgZRRhMmx8PfUcShlbI0=",
    "LDAP PBKDF2 with SHA-512": (
        "{PBKDF2-SHA512}1000$7l3r/d/7n1Pq/f///3/P.Q$9R8kUoN5ZcBH0eoMovhdJSp9VXrBBp6mfUdAtQhFp"
        "FnXtwPoIEhRMKz5GJOzq5iu4VS97hWTqEwiEoxFJKSd8A"
    ),
    "LDAP PBKDF2 with SHA-1": "{PBKDF2}1000$ao0xBqA0JqSUUiqltDYmxA$EGhtNGEXXdCR8jrmncMu2FX2x94",
    "LDAP crypt with SHA-512": (
        "{crypt}$6$nSqxv1gMjKvGFCMA$K6ObmEIjvCWV8kdJ6I1DWgn9X13Gc/emQgdb0CjT7F8zsG6oC9ShJxhw2"
        "Ry8u1jfYmASpl2EnwriN23NEmUxz/"
    ),
    "LDAP crypt with bcrypt": "{CRYPT}$2b$05$gb0E.sBEQYUD5gquH2Dfz.LezOKAN/Q72oRBgP5/PEiMuS7pUpdaS",
    "Nextcloud bcrypt": "1|$2b$05$zrlNCQYlE5BksOcNb1sYsOLMCG3udFwQlKlogo/UChfqz.JsqC9CK",
    "bcryptjs": "$2b$05$zrlNCQYlE5BksOcNb1sYsOLMCG3udFwQlKlogo/UChfqz.JsqC9CK",
    "phpass of npm": "$2a$08$LJ8g65TP.AKRAErGbAZaReRm6feiTE8vChsjtv2Cmuik5M70xIGpC",
    "pwdlib bcrypt": "$2b$05$pTDeiaGUkbHrHCy.gBGXLOrqnH5tf2QOKPZ9vjxfx82SRK4Tc4iom",
}
"""Hashes of :data:`PASSWORD`."""

OTHER_VECTORS = {
    "Auth0 PBKDF2": (
        "test",
        "$pbkdf2-sha256$i=100000,l=32$1jP+5Zxpxgtee/iPxGgOz0RfE9/KJuDElP1ley4VxXc"
        "$QJxzfvdbHYBpydCbHoFg3GJEqMFULwskiuqiJctoYpI",
    ),
    "LDAP SSHA": ("test123", "{SSHA}JFZFs0oHzxbMwkSJmYVeI8MnTDy/276a"),
    "LDAP SSHA in lower case": ("test123", "{ssha}JFZFs0oHzxbMwkSJmYVeI8MnTDy/276a"),
    "LDAP SSHA-256": (
        "test123",
        "{SSHA256}czO44OTV17PcF1cRxWrLZLy9xHd7CWyVYplr1rOhuMlx/7IK",
    ),
    "LDAP PBKDF2": (
        "password",
        "{PBKDF2-SHA256}10000$henZGfPWw79Cs8ORDeVNrQ$1dTJy73v6n3bnTmTZFghxHXHLsAzKaAy8SksDfZBPIw",
    ),
    "LDAP argon2": (
        "password",
        "{ARGON2}$argon2id$v=19$m=65536,t=2,p=1$IyTQMsvzB2JHDiWx8fq7Ew"
        "$VhYOA7AL0kbRXI5g2kOyyp8St1epkNj7WZyUY4pAIQQ",
    ),
}
"""Hashes of other passwords."""

_COSTLY = 0.04
"""From how many seconds on a check is left to the long run."""


def by_cost(vectors: Mapping[str, object], hashed: Callable[[str], str]) -> list[ParameterSet]:
    """Return the names of vectors as parameters; those that cost much are of the long run."""
    return [
        pytest.param(name, marks=[pytest.mark.soak] * (parse(hashed(name)).seconds > _COSTLY))
        for name in vectors
    ]
