"""`klat suppressions`: added, shown, removed; and an address is never told back."""

import command
import pytest
from people import EMAIL, PHONE

KEY = "q" * 42 + "Q="


@pytest.fixture
def klat(database_url, tmp_path):
    env = {"KLAT_DATABASE_URL": database_url, "KLAT_DATA_DIR": str(tmp_path)}
    env["KLAT_SECRET_KEYS"] = KEY

    async def run(*words):
        return await command.klat("suppressions", *words, env=env)

    return run


@pytest.mark.parametrize(
    ("address", "again", "way"),
    [(PHONE, f" {PHONE[:4]} {PHONE[4:]} ", "sms"), (EMAIL, EMAIL.upper(), "email")],
)
async def test_it_is_added_once_shown_and_removed_however_it_is_spelt(klat, address, again, way):
    for _ in range(2):
        assert (await klat("add", address))[:2] == (
            0,
            f"nothing is written there any more by {way}\n",
        )
    assert (await klat("show", again))[:2] == (0, f"{way}\tevery shop\tasked\tall\n")
    assert (await klat("remove", again))[:2] == (0, "removed 1\n")
    assert (await klat("show", address))[:2] == (
        0,
        f"nothing stands against it: it is written to by {way}\n",
    )


@pytest.mark.parametrize("address", ["20000001", "nobody", "a@b", "", "@"])
async def test_what_is_no_address_is_told_and_not_repeated(klat, address):
    code, printed, complaint = await klat("show", address)
    assert (code, printed) == (1, "")
    assert complaint == ("Neither a phone number such as +37120000000 nor a mail address.\n")
