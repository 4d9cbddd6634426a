"""What a success takes back of the failures around it, on both databases."""

from datetime import timedelta

from tests.integration.conftest import NOW, FakeClock, Program
from userctl.schemas.users import UserCreated


def test_a_success_leaves_the_time_of_a_failure_that_came_after_its_charge(
    program: Program, ada: UserCreated, clock: FakeClock
) -> None:
    charge = program.throttling.charge(ada.email, "office")
    clock.advance(minutes=1)
    program.throttling.charge(ada.email, "stranger")
    with program.database.writing() as uow:
        uow.users.lock(ada.id)
        charge.refund(uow)
        uow.commit()
    shown = program.throttling.show(ada.email)
    assert (shown.failed_logins, shown.last_failed_login_at) == (1, NOW + timedelta(minutes=1))
