"""Every page of shops and of their operator, in one table."""

from typing import Final

from tracking.web.console.shop.list import SHOP_PAGES
from tracking.web.console.shop.look import LOOK_ROUTES
from tracking.web.console.shop.policies import POLICY_PAGES
from tracking.web.console.shop.registrations import REGISTRATION_PAGES
from tracking.web.console.shop.settings import SETTINGS_PAGES

SHOP_ROUTES: Final = (
    *SHOP_PAGES,
    *LOOK_ROUTES,
    *SETTINGS_PAGES,
    *REGISTRATION_PAGES,
    *POLICY_PAGES,
)
