"""The public port: every route in one table, every answer through the same doors."""

import asyncio

from aiohttp import web

from tracking.store.keys import Keys
from tracking.web.ask import ASK_ROUTES, QUESTIONS, questions
from tracking.web.auth import guarded
from tracking.web.bodies import MAX_BODY
from tracking.web.callbacks import CALLBACK_ROUTES
from tracking.web.cases import CASE_ROUTES
from tracking.web.choices import CHANGES, CHOICE_ROUTES, changes
from tracking.web.compensations import COMPENSATION_ROUTES
from tracking.web.console.account import ACCOUNT_PAGES
from tracking.web.console.actions import ACTIONS
from tracking.web.console.case_forms import CASE_FORMS
from tracking.web.console.case_list import CASE_PAGES
from tracking.web.console.contact import CONTACT_FORM
from tracking.web.console.elsewhere import ELSEWHERE
from tracking.web.console.errors import for_people as for_staff_people
from tracking.web.console.login import LOGIN_ROUTES
from tracking.web.console.measures import MEASURE_PAGES
from tracking.web.console.parcel import PARCEL_PAGES
from tracking.web.console.person import PERSON_PAGES
from tracking.web.console.scan import SCAN_PAGES
from tracking.web.console.search import SEARCH_PAGES
from tracking.web.console.shop.routes import SHOP_ROUTES
from tracking.web.console.sign_on import LOGINS, SIGN_ON_ROUTES, logins, provider_context
from tracking.web.console.texts import TEXT_PAGES
from tracking.web.courier import COURIER_ROUTES, IN_FLIGHT, in_flight
from tracking.web.deps import DEPS, Deps
from tracking.web.description import DESCRIPTION_ROUTES
from tracking.web.facts import FACT_ROUTES
from tracking.web.hosts import HOSTS, hosts_context, is_of_pages, link_hosts, on_our_hosts
from tracking.web.inbox import DEMO_ROUTES
from tracking.web.installed import INSTALLED_ROUTES
from tracking.web.keyring import KEYRING, Keyring, keyring_context
from tracking.web.link import MISSES, misses
from tracking.web.measures import MEASURE_ROUTES
from tracking.web.merchant import MERCHANT_ROUTES
from tracking.web.notices import NOTICE_ROUTES
from tracking.web.observe import METRICS, Metrics, observed
from tracking.web.opt_outs import OPT_OUT_ROUTES
from tracking.web.problem import REQUEST_LIMIT, Handler, problems
from tracking.web.push import PUSH_ROUTES, PUSHES, pushes
from tracking.web.routing import ROUTES, Route
from tracking.web.samples import SAMPLE_ROUTES
from tracking.web.search import SEARCH_ROUTES
from tracking.web.security import secure_headers
from tracking.web.settings import SETTINGS_ROUTES
from tracking.web.shopper import SHOPPER_ROUTES
from tracking.web.survey import SURVEY_ROUTES, SURVEYS, surveys
from tracking.web.unlock import TRIES, tries
from tracking.web.unlocking import UNLOCK_ROUTES
from tracking.web.webhooks import TESTS, WEBHOOK_ROUTES, tests

ALL_ROUTES = (
    *COURIER_ROUTES,
    *MERCHANT_ROUTES,
    *NOTICE_ROUTES,
    *COMPENSATION_ROUTES,
    *CASE_ROUTES,
    *SETTINGS_ROUTES,
    *OPT_OUT_ROUTES,
    *SAMPLE_ROUTES,
    *SEARCH_ROUTES,
    *MEASURE_ROUTES,
    *WEBHOOK_ROUTES,
    *FACT_ROUTES,
    *CALLBACK_ROUTES,
    *SHOPPER_ROUTES,
    *UNLOCK_ROUTES,
    *CHOICE_ROUTES,
    *ASK_ROUTES,
    *SURVEY_ROUTES,
    *PUSH_ROUTES,
    *INSTALLED_ROUTES,
    *DESCRIPTION_ROUTES,
)
CONSOLE_ROUTES = (
    *LOGIN_ROUTES,
    *SIGN_ON_ROUTES,
    *ACCOUNT_PAGES,
    *SEARCH_PAGES,
    *PARCEL_PAGES,
    *SCAN_PAGES,
    *PERSON_PAGES,
    *ACTIONS,
    CONTACT_FORM,
    *CASE_PAGES,
    *CASE_FORMS,
    *TEXT_PAGES,
    *MEASURE_PAGES,
    *SHOP_ROUTES,
    ELSEWHERE,
)
"""For people who have logged in; no part of the interface that is described."""


def make_app(deps: Deps) -> web.Application:
    app = web.Application(middlewares=[observed, problems], client_max_size=MAX_BODY)
    app[DEPS] = deps
    app[KEYRING] = Keyring(Keys(deps.pool), deps.sealer, deps.now)
    app[METRICS] = Metrics(deps.registry, deps.hub)
    app[IN_FLIGHT] = in_flight()
    app[MISSES] = misses()
    app[TRIES] = tries()
    app[TESTS] = tests()
    app[PUSHES] = pushes()
    app[CHANGES] = changes()
    app[QUESTIONS] = questions()
    app[SURVEYS] = surveys()
    app[LOGINS] = logins()
    app[HOSTS] = link_hosts(app)
    app[ROUTES] = (*ALL_ROUTES, *CONSOLE_ROUTES, *(DEMO_ROUTES if deps.settings.demo else ()))
    for route in app[ROUTES]:
        app.router.add_route(route.method, route.path, _served(route))
        if route.method == "GET" and route.timed:
            app.router.add_route("HEAD", route.path, _served(route))
    app.on_response_prepare.append(secure_headers)
    app.on_shutdown.append(_end_streams)
    app.cleanup_ctx.append(keyring_context)
    app.cleanup_ctx.append(provider_context)
    app.cleanup_ctx.append(hosts_context)
    return app


def _served(route: Route) -> Handler:
    handler = route.handler
    if route.access == "session" and route.timed:
        handler = for_staff_people(handler)
    if route.roles:
        handler = guarded(handler, route.roles, route.scheme)
    if not is_of_pages(route):
        handler = on_our_hosts(handler)
    return _timed(handler) if route.timed else handler


def _timed(handler: Handler) -> Handler:
    async def handle(request: web.Request) -> web.StreamResponse:
        async with asyncio.timeout(REQUEST_LIMIT):
            return await handler(request)

    return handle


async def _end_streams(app: web.Application) -> None:
    app[DEPS].hub.close()
