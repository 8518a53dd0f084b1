"""Every page of shops and of their operator, in one table."""

from typing import Final

from tracking.web.console.shop.keys import KEY_PAGES
from tracking.web.console.shop.list import SHOP_PAGES
from tracking.web.console.shop.look import LOOK_ROUTES
from tracking.web.console.shop.policies import POLICY_PAGES
from tracking.web.console.shop.quarantine import QUARANTINE_PAGES
from tracking.web.console.shop.registrations import REGISTRATION_PAGES
from tracking.web.console.shop.settings import SETTINGS_PAGES
from tracking.web.console.shop.webhooks import WEBHOOK_PAGES

SHOP_ROUTES: Final = (
    *SHOP_PAGES,
    *SETTINGS_PAGES,
    *LOOK_ROUTES,
    *POLICY_PAGES,
    *REGISTRATION_PAGES,
    *WEBHOOK_PAGES,
    *KEY_PAGES,
    *QUARANTINE_PAGES,
)
