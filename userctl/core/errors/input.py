"""What is wrong with input, settings or the installation; nothing was changed."""

from collections.abc import Sequence

from userctl.core.errors.base import InvalidInput
from userctl.core.places import Problem
from userctl.core.text import pluralize


class InvalidConfiguration(InvalidInput):
    """A setting is unknown or has an unusable value."""

    code = "invalid_configuration"
    # The service is misconfigured, and the client did nothing wrong.
    http_status = 500


class InvalidEmail(InvalidInput):
    """The text is not an e-mail address that userctl accepts."""

    code = "invalid_email"


class PasswordRejected(InvalidInput):
    """The password breaks the policy, or the two entries differ; the message lists every reason."""

    code = "password_rejected"

    def __init__(self, reasons: Sequence[str]) -> None:
        super().__init__(f"The password was rejected: {'; '.join(reasons)}.")


class ImportRejected(InvalidInput):
    """Some records of the file are invalid, and nothing was imported."""

    code = "import_rejected"
    hint = "Correct the file, or import the others with --partial --rejects FILE and correct that."


class DeclarationInvalid(InvalidInput):
    """A file of users as code cannot be applied; each problem is named with its place."""

    code = "declaration_invalid"

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(f"The declaration has {pluralize(len(problems), 'problem')}.")
        self.problems = problems


class ConfirmationRequired(InvalidInput):
    """The command asks for confirmation, and standard input is not a terminal."""

    code = "confirmation_required"
    hint = "Pass --yes."


class HomeUnknown(InvalidConfiguration):
    """A file in the home folder is needed, and the user has no home folder."""

    code = "home_unknown"
    hint = (
        "Set HOME to the home folder of the user. Without one, choose the database with "
        "--database-url or USERCTL_DATABASE_URL, and the keys with USERCTL_SECRET_KEY or "
        "USERCTL_KEYRING_FILE."
    )


class SecretKeyMissing(InvalidConfiguration):
    """Tokens cannot be signed or verified because no key is configured."""

    code = "secret_key_missing"


class CryptoMissing(InvalidConfiguration):
    """The library for asymmetric keys is not installed."""

    code = "crypto_missing"
    hint = "Install it with: pip install 'cryptography>=46.0.5'"


class MetricsMissing(InvalidConfiguration):
    """The library for Prometheus metrics is not installed."""

    code = "metrics_missing"
    hint = "Install it with: pip install 'prometheus-client>=0.22'"


class UnsafeFile(InvalidConfiguration):
    """Another user could have read or replaced a file that holds secrets."""

    code = "unsafe_file"
