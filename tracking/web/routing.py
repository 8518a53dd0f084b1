"""The route table's row: one source for serving, access control and the API description."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from aiohttp import web
from pydantic import BaseModel

from tracking.keys import Role
from tracking.web.problem import Handler

Model = type[BaseModel]


@dataclass(frozen=True, slots=True)
class Parameter:
    """A query field or header; path fields are read off the path."""

    name: str
    where: str
    description: str
    required: bool = False


@dataclass(frozen=True, slots=True)
class Route:
    """`roles` empty: no key is asked for (or the handler asks in its own way, see `access`).

    `body` lists the models that a JSON body may be; `answers` maps a status to its model, or to
    None where the answer is no JSON. `media` are the body's media types.
    """

    method: str
    path: str
    handler: Handler
    summary: str
    roles: frozenset[Role] = frozenset()
    access: str = "key"
    parameters: Sequence[Parameter] = ()
    body: Sequence[Model] = ()
    media: Sequence[str] = ("application/json",)
    answers: Mapping[int, Model | None] = field(default_factory=dict)
    problems: Sequence[int] = ()
    limit: bool = True  # False: may take as long as it likes (a live stream)


API_KEY = "api_key"
ROUTES = web.AppKey("routes", tuple[Route, ...])
