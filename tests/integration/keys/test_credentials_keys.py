"""A change of the keyring happens at the moment at which nobody else is changing it."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from tests.integration.conftest import NOW, FakeClock
from userctl.security.keyring import Keyring
from userctl.security.keyring_file import KeyringFile
from userctl.services.keys.manage import VERIFIES_FOR, KeyService

WAIT = timedelta(minutes=1)


class BusyFile(KeyringFile):
    """A keyring that somebody else holds for a minute before every change."""

    def __init__(self, path: Path, clock: FakeClock) -> None:
        super().__init__(path)
        self._clock = clock

    def change(self, change: Callable[[Keyring], Keyring]) -> Keyring:
        self._clock.now += WAIT
        return super().change(change)


def test_the_times_of_a_key_do_not_begin_while_its_change_still_waits(
    tmp_path: Path, clock: FakeClock
) -> None:
    keys = KeyService(BusyFile(tmp_path / "keyring", clock), clock=clock, audit_log=lambda *_: None)
    assert keys.generate().created_at == NOW + WAIT
    assert keys.generate().created_at == NOW + 2 * WAIT
    assert keys.rotate(timedelta()).activated_at == NOW + 3 * WAIT
    passive = keys.read()[-1]
    assert (passive.state, passive.verifies_until) == ("passive", NOW + 3 * WAIT + VERIFIES_FOR)
    assert keys.retire(passive.kid).verifies_until == NOW + 4 * WAIT
