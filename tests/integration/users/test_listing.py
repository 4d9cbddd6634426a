"""Lists of accounts on both databases: search, filters, order and paging."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.integration.conftest import NOW, PASSWORD, FakeClock, Program, Sql
from userctl.core.errors import InvalidInput, UserNotFound
from userctl.schemas.users import UserCreate, UserCreated, UserQuery, UserRead, UserSort
from userctl.services.users import listing as module
from userctl.services.users.listing import UserListService

PEOPLE = [
    ("dora@example.com", None, "user"),
    ("anna@example.com", "Zoë", "admin"),
    ("carl@example.com", "Carl_100%", "user"),
    ("bert@example.com", "Zoë", "admin"),
    ("emil@example.com", None, "user"),
]
SORT_FIELDS = ("id", "email", "name", "role", "created_at", "updated_at")


@pytest.fixture
def listed(program: Program) -> UserListService:
    """Five accounts of the same second, of which the last one is disabled."""
    for email, name, role in PEOPLE:
        program.users.create(UserCreate(email=email, name=name, role=role))
    program.user_status.disable("emil@example.com")
    return program.user_list


def initials(users: Iterator[UserRead] | list[UserRead]) -> str:
    """Return the first letters of some addresses."""
    return "".join(user.email[0] for user in users)


def found(accounts: UserListService, query: UserQuery) -> str:
    """Return the first letters of the addresses on one page."""
    return initials(list(accounts.page(query).items))


def paged(accounts: UserListService, query: UserQuery) -> str:
    """Return the first letters of the addresses on all pages, going on by id."""
    letters, after = "", query.after
    for _ in range(20):
        page = accounts.page(query.model_copy(update={"after": after}))
        letters += initials(list(page.items))
        if not page.more:
            return letters
        after = page.items[-1].id
    return f"{letters}... and no end"


@pytest.mark.parametrize(
    ("term", "letters"),
    [
        ("zoë", "ab"),
        ("ZOË", "ab"),
        ("CARL@", "c"),
        ("example", "dacbe"),
        ("%", "c"),
        ("_", "c"),
        ("0%", "c"),
        ("\\", ""),
        ("/", ""),
        ("'", ""),
        ("", "dacbe"),
    ],
)
def test_a_search_finds_text_in_address_and_name_literally_in_either_case(
    listed: UserListService, term: str, letters: str
) -> None:
    assert found(listed, UserQuery(search=term)) == letters


BEGINNINGS = [
    "a",
    "a%@x",
    "a@x",
    "aa@x",
    "ab@x",
    "ab\U0010ffff@x",
    "ab\ud7ff@x",
    "ac@x",
    "az@x",
    "b@x",
]


@pytest.fixture
def shared(program: Program, sql: Sql) -> UserListService:
    """Addresses as another program writes them, which are no addresses of ours."""
    for email in reversed(BEGINNINGS):
        sql("INSERT INTO users (email, hashed_password) VALUES (:email, 'x')", email=email)
    return program.user_list


@pytest.mark.parametrize(
    "text", ["", "a", "A", "a%", "a_", "ab", "ab\U0010ffff", "ab\ud7ff", "ac@x", "ac@x!", "z", "'"]
)
@pytest.mark.parametrize("descending", [False, True])
def test_addresses_that_begin_with_a_text_are_listed_in_the_order_of_their_bytes(
    shared: UserListService, text: str, descending: bool
) -> None:
    expected = sorted((e for e in BEGINNINGS if e.startswith(text.lower())), reverse=descending)
    for limit in (1, 2, 20):
        query = UserQuery(beginning=text, sort="email", descending=descending, limit=limit)
        listed = []
        for _ in range(20):
            page = shared.page(query)
            listed += [user.email for user in page.items]
            if not page.more:
                break
            query = query.model_copy(update={"after": page.items[-1].id})
        assert listed == expected


@pytest.mark.parametrize(("after", "letters"), [("anna", "c"), ("carl", ""), ("dora", "")])
def test_a_list_of_addresses_goes_on_after_an_account_whose_address_begins_otherwise(
    program: Program, listed: UserListService, after: str, letters: str
) -> None:
    user_id = program.users.show(f"{after}@example.com").id
    query = UserQuery(beginning="c", sort="email", after=user_id)
    assert found(listed, query) == letters
    back = query.model_copy(update={"descending": True})
    assert found(listed, back) == ("c" if after == "dora" else "")


def test_addresses_that_begin_with_a_text_can_be_filtered_and_sorted_otherwise(
    listed: UserListService, sql: Sql
) -> None:
    sql("UPDATE users SET email = 'x' || email")
    everybody = UserQuery(beginning="X")
    assert [user.id for user in listed.page(everybody).items] == [1, 2, 3, 4, 5]
    assert [user.id for user in listed.page(UserQuery(beginning="x", role="admin")).items] == [2, 4]
    disabled = UserQuery(beginning="x", sort="email", status="disabled")
    assert [user.id for user in listed.page(disabled).items] == [5]
    named = UserQuery(beginning="x", sort="name", search="zo", descending=True)
    assert [user.id for user in listed.page(named).items] == [4, 2]


def test_a_list_can_be_limited_to_a_role_or_a_status(listed: UserListService) -> None:
    assert found(listed, UserQuery(role="admin")) == "ab"
    assert found(listed, UserQuery(status="disabled")) == "e"
    assert found(listed, UserQuery(status="active", role="user", search="d")) == "d"


def test_a_list_of_a_role_that_is_not_configured_is_refused(listed: UserListService) -> None:
    with pytest.raises(InvalidInput):
        listed.page(UserQuery(role="root"))
    with pytest.raises(InvalidInput):
        listed.stream(UserQuery(role="root"))


@pytest.mark.parametrize(
    ("sort", "letters"),
    [("id", "dacbe"), ("email", "abcde"), ("name", "decab"), ("role", "abdce")],
)
def test_a_list_is_sorted_in_both_directions_and_paged_over_duplicates_and_missing_names(
    listed: UserListService, sort: UserSort, letters: str
) -> None:
    for limit in (1, 2, 3, 5):
        query = UserQuery(sort=sort, limit=limit)
        assert paged(listed, query) == letters
        assert paged(listed, query.model_copy(update={"descending": True})) == letters[::-1]


@pytest.mark.parametrize("sort", ["created_at", "updated_at"])
def test_accounts_of_the_same_moment_are_listed_in_the_order_of_their_ids(
    listed: UserListService, sort: UserSort
) -> None:
    assert paged(listed, UserQuery(sort=sort, limit=2)) == "dacbe"
    assert paged(listed, UserQuery(sort=sort, limit=2, descending=True)) == "ebcad"


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("sort", SORT_FIELDS)
def test_accounts_that_another_program_inserted_are_paged_like_ours(
    program: Program, ada: UserCreated, sql: Sql, sort: UserSort, descending: bool
) -> None:
    for letter in "bcdf":
        sql(f"INSERT INTO users (email, hashed_password) VALUES ('{letter}@example.com', 'x')")
    query = UserQuery(sort=sort, limit=1, descending=descending)
    assert sorted(paged(program.user_list, query)) == list("abcdf")


def test_the_first_accounts_can_be_skipped(listed: UserListService) -> None:
    assert found(listed, UserQuery(skip=1, limit=2)) == "ac"
    assert found(listed, UserQuery(skip=4, limit=None)) == "e"
    assert found(listed, UserQuery(skip=9)) == ""


def test_a_page_says_whether_there_is_more(listed: UserListService) -> None:
    assert [listed.page(UserQuery(limit=limit)).more for limit in (4, 5, 6, None)] == [
        True,
        False,
        False,
        False,
    ]


def test_a_list_by_id_goes_on_after_an_account_that_is_gone(
    program: Program, listed: UserListService
) -> None:
    program.recycle_bin.delete(["2"])
    assert found(listed, UserQuery(after=2)) == "cbe"


def test_a_list_by_something_else_cannot_go_on_after_an_account_that_is_gone(
    listed: UserListService,
) -> None:
    with pytest.raises(UserNotFound):
        listed.page(UserQuery(sort="email", after=99))
    with pytest.raises(UserNotFound):
        listed.stream(UserQuery(sort="email", after=99))


@pytest.mark.parametrize("after", [3_000_000_000, 2**63 - 1, 2**70])
def test_a_list_after_an_id_larger_than_any_is_empty(listed: UserListService, after: int) -> None:
    assert found(listed, UserQuery(after=after)) == ""


@pytest.mark.parametrize("after", [-1, -3_000_000_000, -(2**70)])
def test_a_list_after_an_id_smaller_than_any_is_whole(listed: UserListService, after: int) -> None:
    assert found(listed, UserQuery(after=after)) == "dacbe"


@pytest.mark.parametrize("number", [2**31 - 1, 2**31, 2**63 - 1, 2**70])
def test_a_limit_and_a_skip_may_be_larger_than_any_database(
    listed: UserListService, number: int
) -> None:
    assert found(listed, UserQuery(limit=number)) == "dacbe"
    assert found(listed, UserQuery(skip=number)) == ""


@pytest.mark.parametrize("sort", SORT_FIELDS)
def test_a_stream_yields_every_account_over_several_pages(
    listed: UserListService, monkeypatch: pytest.MonkeyPatch, sort: UserSort
) -> None:
    whole = found(listed, UserQuery(sort=sort))
    monkeypatch.setattr(module, "STREAM_PAGE", 2)
    assert initials(listed.stream(UserQuery(sort=sort))) == whole
    assert (
        initials(listed.stream(UserQuery(sort=sort, skip=1, role="user")))
        == "".join(letter for letter in whole if letter in "dce")[1:]
    )


@pytest.mark.parametrize("sort", ["id", "email", "name"])
def test_a_stream_goes_on_although_the_last_account_of_a_page_was_deleted(
    program: Program, listed: UserListService, monkeypatch: pytest.MonkeyPatch, sort: UserSort
) -> None:
    whole = found(listed, UserQuery(sort=sort))
    monkeypatch.setattr(module, "STREAM_PAGE", 2)
    stream = listed.stream(UserQuery(sort=sort))
    seen = [next(stream), next(stream)]
    program.recycle_bin.delete([str(seen[-1].id)])
    assert initials(seen) + initials(stream) == whole


def test_a_stream_of_addresses_yields_each_over_several_pages(
    shared: UserListService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "STREAM_PAGE", 2)
    stream = shared.stream(UserQuery(beginning="a", sort="email"))
    assert [user.email for user in stream] == sorted(BEGINNINGS)[:-1]


FILTERS = [
    ({"must_change": True}, "c"),
    ({"no_password": True}, "dac"),
    ({"no_password": True, "status": "disabled"}, ""),
    ({"domain": "Example.COM"}, "dacb"),
    ({"domain": "@bücher.example"}, "e"),
    ({"domain": "ample.com"}, ""),
    ({"domain": "example.com", "role": "admin"}, "ab"),
    ({"created_since": NOW - timedelta(days=8)}, "dacbe"),
    ({"created_since": timedelta(days=6)}, "be"),
    ({"created_since": NOW - timedelta(days=7)}, "acbe"),
    ({"created_since": NOW + timedelta(days=1)}, ""),
    ({"throttled": True}, "b"),
    ({"throttled": True, "role": "user"}, ""),
]


def test_each_filter_finds_who_meets_it_and_all_of_them_together_who_meets_all(
    program: Program, clock: FakeClock, sql: Sql
) -> None:
    for email, _, role in PEOPLE[:-1]:
        program.users.create(UserCreate(email=email, role=role))
    program.users.create(UserCreate(email="emil@bücher.example", password=PASSWORD))
    program.user_passwords.set_password("bert@example.com", PASSWORD)
    program.user_status.disable("emil@xn--bcher-kva.example")
    sql("UPDATE users SET must_change_password = true WHERE email = 'carl@example.com'")
    for name, time in (
        ("dora", "2029-12-24 23:59:59"),
        ("anna", "2029-12-25 00:00:00"),
        ("carl", "2029-12-25 00:00:00.000000"),
    ):
        sql(f"UPDATE users SET created_at = '{time}' WHERE email = '{name}@example.com'")
    for email in ["bert@example.com"] * 5 + ["anna@example.com"] * 4 + ["nobody@example.com"] * 5:
        program.throttling.charge(email)
    for asked, letters in FILTERS:
        assert found(program.user_list, UserQuery(**asked)) == letters, asked
        assert initials(program.user_list.stream(UserQuery(**asked))) == letters, asked
    assert program.throttling.show("bert@example.com").throttled_until is not None
    clock.advance(minutes=16)
    assert found(program.user_list, UserQuery(throttled=True)) == ""


@pytest.mark.parametrize("domain", ["", "@", "a b.com", "example", "x@example.com", "\x1b.com"])
def test_a_domain_that_no_address_can_have_is_refused(domain: str) -> None:
    with pytest.raises(InvalidInput, match="is not a domain"):
        UserQuery(domain=domain)
