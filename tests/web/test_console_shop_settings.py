"""Brand, languages, occasions and hours in the console: saved whole, refused by field, noted."""

import asyncio

import pytest
from shop_desk import ShopDesk
from test_console_policies import POLICY

from schemas.notice import Occasion
from schemas.shop import ShopSettings
from schemas.staff import StaffRole
from schemas.survey import SurveyMode
from tracking.errors import StoreUnavailable
from tracking.policy_load import load_policy
from tracking.staff import audit
from tracking.store.merchants import Merchants

BRAND = {"name": "Grāmatu nams", "colour": "#0d5560", "logo": "", "help": "mailto:a@shop.example"}


@pytest.fixture
async def desk(world):
    return await ShopDesk.opened(world)


@pytest.fixture
def also_set():
    return {"sms_prices": "LV=0.045,EE=0.05"}


async def saves(desk, subject, **fields):
    await desk.page()
    return await desk.sends("/settings", subject=subject, seen=desk.seen(subject), **fields)


async def kept(desk):
    return (await Merchants(desk.world.pool).shop(desk.shop)).settings


async def test_a_brand_is_saved_and_who_changed_what_stands_there(desk):
    answer = await saves(desk, "brand", **BRAND)
    assert answer.status == 303
    assert answer.headers["Location"].endswith("/settings?done#brand")
    settings = await kept(desk)
    assert (settings.brand.name, settings.brand.colour) == ("Grāmatu nams", "#0d5560")
    assert settings.help == "mailto:a@shop.example"
    page = await desk.page()
    assert 'value="Grāmatu nams"' in page
    assert "changed the settings" in page
    assert "<ins><bdi>#0d5560</bdi></ins>" in page
    ((action, detail),) = await desk.audit()
    assert action == "shop_changed"
    assert detail["changed"]["name"] == ["", "Grāmatu nams"]
    assert "logo" not in detail["changed"], "only what is another one"
    assert "Grāmatu" not in await desk.world.pool.fetchval(
        "SELECT detail FROM audit WHERE action = 'shop_changed'"
    ), "sealed"


async def test_each_subject_leaves_the_others_as_they_are(desk):
    await saves(desk, "brand", **BRAND)
    await saves(desk, "language", language="lv")
    await saves(desk, "quiet", starts="22:00", ends="07:30")
    await saves(desk, "texts", spelling="full", countries="lv, ee", cap="20,50")
    await saves(desk, "survey", survey="page_and_message")
    settings = await kept(desk)
    assert settings.brand.name == "Grāmatu nams"
    assert settings.survey is SurveyMode.PAGE_AND_MESSAGE
    assert (settings.language, settings.parcel_markup) == ("lv", False), "the box was not ticked"
    assert f"{settings.quiet.starts:%H:%M} {settings.quiet.ends:%H:%M}" == "22:00 07:30"
    assert settings.sms.model_dump(mode="json") == {
        "spelling": "full",
        "countries": ["LV", "EE"],
        "daily_cap": {"amount": "20.50", "currency": "EUR"},
    }


async def test_of_occasions_only_what_differs_from_the_default_is_kept(desk):
    page = await desk.page()
    shown = {
        f"{occasion}.{way}": "on"
        for occasion in Occasion
        for way in ("sms", "email", "push")
        if f'name="{occasion}.{way}" value="on" checked' in page
    }
    assert len(shown) > 17
    assert (await saves(desk, "occasions", **shown)).status == 303
    assert (await kept(desk)).notices == {}
    del shown["delivered.email"]
    await saves(desk, "occasions", **shown)
    notices = (await kept(desk)).notices
    assert set(notices) == {Occasion.DELIVERED}
    assert "email" not in notices[Occasion.DELIVERED]
    page = await desk.page()
    assert 'name="delivered.email" value="on" checked' not in page
    assert 'name="registered.sms"' not in page, "which nobody may choose"
    answer = await saves(desk, "occasions", **shown, **{"registered.sms": "on"})
    assert (answer.status, "no carrier has the parcel yet" in answer.text) == (422, True)


@pytest.mark.parametrize(
    ("subject", "fields", "said"),
    [
        ("brand", BRAND | {"colour": "red"}, "Six digits behind a #"),
        ("brand", BRAND | {"logo": "http://shop.example/x"}, "An address such as https://shop"),
        ("brand", BRAND | {"help": "javascript:alert(1)"}, "Such as https://shop.example.com/help"),
        ("brand", BRAND | {"name": "\u3164"}, "at least one that is seen"),
        ("brand", BRAND | {"name": "x" * 61}, "1 to 60 characters"),
        ("language", {"language": "pl"}, "One of the list."),
        ("quiet", {"starts": "25:00", "ends": "08:00"}, "A time such as 21:00."),
        ("quiet", {"starts": "21:00", "ends": ""}, "A time such as 08:00."),
        ("survey", {"survey": "always"}, "One of the list."),
        ("texts", {"spelling": "long", "countries": "", "cap": ""}, "One of the list."),
        ("texts", {"spelling": "full", "countries": "XX", "cap": ""}, "Two letters each"),
        ("texts", {"spelling": "full", "countries": "", "cap": "-1"}, "An amount such as"),
    ],
)
async def test_what_cannot_be_is_said_beside_its_field_and_stays_typed(desk, subject, fields, said):
    answer = await saves(desk, subject, **fields)
    assert (answer.status, said in answer.text) == (422, True)
    assert "Nothing is saved yet" in answer.text
    for name, value in fields.items():
        assert name in {"spelling", "language", "survey"} or f'value="{value}"' in answer.text
    assert await desk.audit() == []
    assert await kept(desk) == ShopSettings()


@pytest.mark.parametrize(
    ("typed", "link"),
    [
        ("help@shop.example", "mailto:help@shop.example"),
        ("+371 20 000-001", "tel:+37120000001"),
        ("(67) 000 001", "tel:67000001"),
        ("shop.example", "https://shop.example"),
        ("www.shop.example:8443/help?x=1", "https://www.shop.example:8443/help?x=1"),
        ("https://shop.example/a@b.example", "https://shop.example/a@b.example"),
        ("mailto:help@shop.example", "mailto:help@shop.example"),
        ("tel:+37120000001", "tel:+37120000001"),
    ],
)
async def test_where_shoppers_ask_may_be_typed_as_people_say_it(desk, typed, link):
    answer = await saves(desk, "brand", **BRAND | {"help": typed})
    assert (answer.status, (await kept(desk)).help) == (303, link)


@pytest.mark.parametrize("subject", ["brand", "occasions", "quiet"])
async def test_what_is_saved_as_it_was_writes_nothing_and_says_so(desk, subject):
    fields = {
        "brand": BRAND,
        "occasions": {"delayed.email": "on"},
        "quiet": {"starts": "20:00", "ends": "09:00"},
    }[subject]
    assert (await saves(desk, subject, **fields)).status == 303
    before = await desk.audit()
    answer = await saves(desk, subject, **fields)
    assert answer.headers["Location"].endswith(f"/settings?same#{subject}")
    assert await desk.audit() == before
    assert "Nothing was changed, so nothing was saved." in await desk.page("/settings?same")


async def test_of_two_who_save_the_same_subject_the_second_is_told_and_may_insist(desk):
    await desk.page()
    old = desk.seen("brand")
    await saves(desk, "quiet", starts="20:00", ends="09:00")
    await saves(desk, "brand", **BRAND)
    late = await desk.sends("/settings", subject="brand", seen=old, **BRAND | {"name": "Late"})
    assert (late.status, "Somebody changed this meanwhile" in late.text) == (409, True)
    assert 'value="Late"' in late.text
    stands = late.text.partition('role="alert"')[2].partition("<label")[0]
    assert "Name that shoppers know: <bdi>Grāmatu nams</bdi>" in stands
    assert "Colour" not in stands, "where both typed the same"
    assert (await kept(desk)).brand.name == "Grāmatu nams"
    other = await desk.sends(
        "/settings", subject="brand", seen=_sign(late.text), **BRAND | {"name": "Late"}
    )
    assert (other.status, (await kept(desk)).brand.name) == (303, "Late")


def _sign(text):
    return text.partition('id="f-brand"')[2].partition('name="seen" value="')[2][:32]


async def test_looks_are_shown_before_they_are_saved(desk):
    await desk.page()
    answer = await desk.sends(
        "/settings", subject="brand", seen=desk.seen("brand"), preview="1", **BRAND
    )
    assert (answer.status, "not saved yet" in answer.text) == (200, True)
    assert "Grāmatu nams" in answer.text.partition('class="bubble"')[2]
    assert (await kept(desk)).brand.name is None
    assert await desk.audit() == []
    source = answer.text.partition('class="mail" src="')[2].partition('"')[0]
    mail = await desk.browser.get(source)
    assert (mail.status, "#0d5560" in mail.text) == (200, True)
    assert "sandbox" in mail.headers["Content-Security-Policy"]
    for wrong in ("colour=red", "logo=https://evil.example/x.png", "name=%E3%85%A4", ""):
        assert (await desk.browser.get(f"{desk.path}/settings/mail?{wrong}")).status == 404
    assert (await desk.browser.get(source.replace("0d5560", "0d5561"))).status == 404


async def test_what_cannot_be_written_down_is_not_done(desk, monkeypatch):
    await desk.page()
    seen = desk.seen("brand")

    async def away(*_: object) -> None:
        raise StoreUnavailable("away")

    monkeypatch.setattr(audit, "note_audit", away)
    answer = await desk.sends("/settings", subject="brand", seen=seen, **BRAND)
    assert answer.status == 503
    assert (await kept(desk)).brand.name is None


async def test_the_history_names_no_colleague_of_other_shops_to_who_sees_one(desk):
    await saves(desk, "brand", **BRAND)
    await desk.becomes(StaffRole.LEAD, [desk.shop])
    assert "anna@help.example</bdi></b>" in await desk.page(), "of their own shop"
    await desk.world.pool.execute(
        "INSERT INTO staff SELECT gen_random_uuid(), 'b@help.example', name, role, NULL, password,"
        " NULL, totp, totp_step, NULL, created_at FROM staff"
    )
    await desk.world.pool.execute(
        "UPDATE audit SET email = 'b@help.example',"
        " staff_id = (SELECT staff_id FROM staff WHERE shops IS NULL)"
    )
    page = await desk.page()
    assert "b@help.example" not in page
    assert "Whoever runs this service" in page
    assert "#0d5560" in page, "what was changed is theirs to know"


async def test_a_settings_page_speaks_latvian(desk):
    page = await desk.page(lang="lv")
    assert "Klusās stundas" in page
    assert "Quiet hours" not in page


async def test_of_two_who_save_at_once_one_is_told(desk):
    await desk.page()
    seen = desk.seen("brand")
    answers = await asyncio.gather(
        *(
            desk.sends("/settings", subject="brand", seen=seen, **BRAND | {"name": name})
            for name in ("One", "Two", "Three")
        )
    )
    assert sorted(answer.status for answer in answers) == [303, 409, 409]
    assert len(await desk.audit()) == 1


async def test_markup_in_whatever_a_shop_can_say_stays_text(desk):
    """Its name, brand, policy and codes of a carrier on every page that shows them."""
    bad = "<script>alert(1)</script>"
    await desk.becomes(StaffRole.ADMIN)
    await desk.world.pool.execute(
        "UPDATE merchant SET name = $1 WHERE merchant_id = $2", bad, desk.shop
    )
    await saves(desk, "brand", **BRAND | {"name": f"{bad[:40]}"})
    policy = POLICY.replace('"standard"', f"'{bad}\"'")
    await load_policy(desk.world.pool, desk.shop, policy, now=desk.world.clock())
    parts = ("settings", "policies", "registrations", "webhooks", "keys")
    for path in ("/support/shops", *(f"{desk.path}/{each}" for each in parts)):
        answer = await desk.browser.get(path)
        assert "<script>alert" not in answer.text, path
        assert answer.status == 200
        assert "&lt;script&gt;" in answer.text, path
