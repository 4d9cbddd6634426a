"""What real exports have beside plain users, and what users can put into them."""

import io
import json
from collections import Counter

import pytest

from tests.unit.security.password_hashes.vectors import VECTORS
from userctl.core.errors import InvalidInput
from userctl.formats.sources import guess_source, read_source
from userctl.formats.sources.options import SourceOptions
from userctl.security import password_hashes

EMAIL = "ada@example.com"


def read(
    name: str, content: object, **options: object
) -> tuple[list[dict[str, str | None]], Counter[str], list[str]]:
    """Return the users of an export, what is lost, and why records cannot be read."""
    given = SourceOptions(domain="example.com", **options)  # type: ignore[arg-type]
    text = content if isinstance(content, str) else json.dumps(content)
    found = list(read_source(io.StringIO(text), name, given))
    users = [dict(zip(each.names, each.texts, strict=True)) for each in found if each.names]
    return users, given.losses, [each.unreadable for each in found if each.unreadable]


def test_an_export_of_all_realms_is_an_array() -> None:
    realms = [{"realm": name, "users": [{"username": name}]} for name in ("a", "b")]
    users, _, _ = read("keycloak", realms)
    assert [user["email"] for user in users] == ["a@example.com", "b@example.com"]
    assert read("keycloak", '[{"username": "a", "email": "x", "email": "y"}]')[2]


def test_service_accounts_and_old_passwords_of_keycloak_are_no_users_and_no_factors() -> None:
    users = [
        {"username": "service-account-shop", "serviceAccountClientId": "shop"},
        {"username": "ada", "federationLink": "ldap", "credentials": []},
        {"username": "eve", "credentials": [{"type": "password-history"}]},
        {"username": "bob", "credentials": [{"type": "password", "value": "clear"}]},
    ]
    found, lost, reasons = read("keycloak", {"realm": "x", "users": users})
    assert [user["email"] for user in found] == ["ada@example.com", "eve@example.com"]
    assert lost == {"service accounts": 1, "passwords, which a directory has": 1}
    assert reasons == ["The password is in plaintext."]


def test_a_role_of_a_client_or_a_group_is_not_that_of_the_realm() -> None:
    user = {"username": "a", "clientRoles": {"shop": ["admin"]}, "groups": ["/admin"]}
    assert read("keycloak", user, roles={"admin": "admin"})[0][0]["role"] is None
    assert read("keycloak", user, roles={"shop/admin": "admin"})[0][0]["role"] == "admin"


def test_a_hash_of_firebase_in_supabase_is_verified() -> None:
    # From the tests of GoTrue.
    hashed = (
        "$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==,sk=ou9tdYTGyYm8kuR6Dt0Bp0kDuAYoXrK16mbZO4yGwAn3oLspjn"
        "N0/c41v8xZnO1n14J3MjKj1b2g6AUCAlFwMw==$C0sHCg9ek77hsg==$zKVTMvnWVw5BBOZNUdnsalx4c4c7y/w7"
        "IS5p6Ut2+CfEFFlz37J9huyQfov4iizN8dbjvEJlM5tQaJP84+hfTw=="
    )
    rows = [{"email": EMAIL, "encrypted_password": hashed}, {"email": "x", "deleted_at": "y"}]
    [user], lost, _ = read("supabase", rows)
    assert password_hashes.parse(str(user["hashed_password"])).matches(
        b"mytestpassword", lambda _: b""
    )
    assert lost == {"deleted users": 1}


@pytest.mark.parametrize("time", [1714979289.123, 1714979289, "2024-05-06T09:08:09.123+02:00"])
def test_cognito_writes_times_in_two_ways(time: object) -> None:
    [user], _, _ = read("cognito", {"Users": [{"Username": "a", "UserCreateDate": time}]})
    assert user["created_at"] == "2024-05-06T07:08:09Z"


def test_passwords_that_an_export_of_kratos_was_not_asked_for_are_counted() -> None:
    identity = {"traits": {"email": EMAIL}, "credentials": {"password": {"identifiers": [EMAIL]}}}
    assert read("kratos", [identity])[1] == {"passwords, which the export was not asked for": 1}


def test_logins_by_other_providers_are_counted_in_csv_of_firebase() -> None:
    assert read("firebase", "a,ada@example.com" + "," * 6 + "google" + "," * 20 + "\n")[1] == {
        "logins by other providers": 1
    }


def test_rows_whose_cells_do_not_fit_the_header_are_not_read() -> None:
    content = "email,encrypted_password\na@example.com,x,y\nb@example.com\nc@example.com,x\n"
    users, _, reasons = read("supabase", content)
    assert [user["email"] for user in users] == ["c@example.com"]
    assert reasons == ["Expected 2 cells, found 3.", "Expected 2 cells, found 1."]


def test_what_a_user_wrote_neither_crashes_nor_tells_the_system() -> None:
    rows = [{"email": EMAIL, "raw_user_meta_data": "[" * 100_000}]
    assert read("supabase", rows)[2] == ["Not in the format that the system writes."]
    for content in (
        "email,name\nuser_pass@example.com,fs_uniquifier\n",
        '{"email": "a@example.com", "name": "localId"}\n{"email": "b@x.org", "name": "traits"}',
        '{"email": "a@example.com", "name": "\\"traits\\": auth0|"}',
    ):
        assert guess_source(content) is None


@pytest.mark.parametrize("name", ["Django PBKDF2", "Werkzeug scrypt"])
def test_a_hash_with_other_characters_than_ascii_is_refused(name: str) -> None:
    for odd in ("\ud800", "é"):
        place = VECTORS[name].rindex("$")
        with pytest.raises(InvalidInput):
            password_hashes.parse(VECTORS[name][:place] + odd + VECTORS[name][place:])


def test_a_list_of_users_of_airflow_names_them_in_another_way_than_its_export() -> None:
    listed = {
        "id": "1",
        "username": "ada",
        "email": EMAIL,
        "first_name": "Ada",
        "last_name": "Lovelace",
        "roles": "Admin",
    }
    [user], _, _ = read("airflow", [listed], roles={"Admin": "admin"})
    assert (user["name"], user["role"]) == ("Ada Lovelace", "admin")


def test_a_list_of_users_of_wordpress_has_roles() -> None:
    listed = {"user_login": "ada", "user_email": EMAIL, "user_pass": "$P$x", "roles": "a, editor"}
    [user], _, _ = read("wordpress", [listed], roles={"editor": "user"})
    assert user["role"] == "user"


def test_the_hashes_that_the_support_of_auth0_sends_are_recognized() -> None:
    hashed = VECTORS["bcryptjs"]
    line = {"_id": {"$oid": "6"}, "email_verified": True, "email": EMAIL, "passwordHash": hashed}
    assert guess_source(json.dumps(line)) == "auth0"
    [user], _, _ = read("auth0", [line])
    assert (user["hashed_password"], user["address_verified"]) == (hashed, "true")
