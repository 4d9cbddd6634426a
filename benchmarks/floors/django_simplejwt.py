"""The manage.py of a new Django project with the blacklist of simplejwt: DATABASE COMMAND..."""

import sys

from django.conf import settings
from django.core.management import execute_from_command_line

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
PROCESSORS = [
    "django.template.context_processors.request",
    "django.contrib.auth.context_processors.auth",
    "django.contrib.messages.context_processors.messages",
]

settings.configure(
    SECRET_KEY="a key of a benchmark with 32 bytes",  # noqa: S106
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": sys.argv.pop(1)}},
    INSTALLED_APPS=[
        "django.contrib.admin",
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.sessions",
        "django.contrib.messages",
        "django.contrib.staticfiles",
        "rest_framework",
        "rest_framework_simplejwt",
        "rest_framework_simplejwt.token_blacklist",
    ],
    MIDDLEWARE=MIDDLEWARE,
    ROOT_URLCONF="django_urls",
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "APP_DIRS": True,
            "OPTIONS": {"context_processors": PROCESSORS},
        }
    ],
    STATIC_URL="static/",
    USE_TZ=True,
)

execute_from_command_line(sys.argv)
