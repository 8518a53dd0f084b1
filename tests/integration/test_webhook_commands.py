"""`klat webhooks` as an operator types it."""

from collections.abc import AsyncIterator, Awaitable, Callable

import asyncpg
import command
import pytest
from webhook_shop import Shop

from schemas.webhook import WebhookChange
from tracking.store.pool import open_pool
from tracking.webhooks import DisabledByOperator

Klat = Callable[..., Awaitable[tuple[int, str]]]


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[asyncpg.Pool]:
    pool = await open_pool(database_url, size=2)
    yield pool
    await pool.close()


@pytest.fixture
def klat(database_url: str) -> Klat:
    async def run(*words: str) -> tuple[int, str]:
        env = {"KLAT_DATABASE_URL": database_url}
        code, printed, complaint = await command.klat("webhooks", *words, env=env)
        return code, printed + complaint

    return run


async def test_where_there_are_none_it_says_so(klat):
    assert await klat("list") == (0, "no shop has a webhook\n")


async def test_one_is_disabled_and_only_the_operator_enables_it(klat, pool):
    shop = await Shop.open(pool)
    made = await shop.webhook("https://shop.example/a-secret-path")
    code, said = await klat("list")
    assert said == f"{made.webhook_id}  enabled  0 failures  shop.example  Veikals\n"
    begins = str(made.webhook_id)[:8]
    assert await klat("disable", begins) == (0, f"disabled: {made.webhook_id}\n")
    assert "disabled (operator since " in (await klat("list"))[1]
    with pytest.raises(DisabledByOperator):
        await shop.webhooks.change(made.webhook_id, WebhookChange(state="enabled"), now=shop.now)
    assert await klat("enable", begins) == (0, f"enabled: {made.webhook_id}\n")
    assert (await shop.fares(made)).reason is None
    assert code == 0


async def test_what_is_not_there_or_not_clear_is_refused(klat, pool):
    code, said = await klat("disable", "0")
    assert (code, "No webhook has an id" in said) == (1, True)
    shop = await Shop.open(pool)
    for _ in range(2):
        await shop.webhook("https://shop.example/")
    code, said = await klat("disable", "0")
    assert (code, "More than one id" in said) == (1, True)
    code, said = await klat("disable", "not an id")
    assert (code, "Not an id" in said) == (1, True)
