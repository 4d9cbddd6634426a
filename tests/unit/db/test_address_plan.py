"""What becomes of the addresses of an application."""

from collections import Counter
from contextlib import suppress
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from userctl.core.errors import InvalidEmail
from userctl.db.adoption.addresses import address_plan
from userctl.schemas.email_address import canonical_email

LOCAL = st.sampled_from(["ada", "Ada", "ADA", "bob", "b.o", "\u00e4"])
DOMAIN = st.sampled_from(
    [
        "example.com",
        "Example.COM",
        "b\u00fcc.example",
        "BU\u0308C.example",
        "xn--bc-xka.example",
        "x",
    ]
)
ADDRESSES = st.one_of(
    st.builds("{}@{}".format, LOCAL, DOMAIN), st.sampled_from(["", "ada", b"ada@example.com", 7])
)


def final(accounts: dict[int, Any]) -> dict[int, str]:
    """Return what the addresses of accounts become that have one."""
    found = {}
    for number, address in accounts.items():
        with suppress(InvalidEmail):
            if isinstance(address, str):
                found[number] = canonical_email(address)
    return found


@given(st.lists(ADDRESSES, max_size=12))
def test_each_address_is_changed_shared_or_invalid_as_its_canonical_form_says(
    addresses: list[Any],
) -> None:
    accounts = dict(enumerate(addresses, 1))
    valid = final(accounts)
    repeated = [a for a, count in Counter(map(str, addresses)).items() if count > 1]
    plan = address_plan(accounts.items, repeated)
    assert set(plan.invalid) | set(plan.odd) == set(accounts) - set(valid)
    assert all(isinstance(accounts[number], str) for number in plan.odd)
    assert plan.changed == {n: a for n, a in valid.items() if a != accounts[n]}
    # Odd addresses that are the same are shared, too.
    kept = valid | {number: accounts[number] for number in plan.odd}
    counts = Counter(kept.values())
    assert plan.shared == {
        address: [n for n, a in kept.items() if a == address]
        for address, count in counts.items()
        if count > 1
    }


@given(st.lists(ADDRESSES, max_size=12))
def test_what_was_changed_needs_no_change_again(addresses: list[Any]) -> None:
    accounts = dict(enumerate(addresses, 1))
    accounts |= address_plan(accounts.items).changed
    assert address_plan(accounts.items).changed == {}
