"""The route table's row: one source for serving, access control and the API description."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from aiohttp import web
from pydantic import BaseModel

from tracking.keys import Role
from tracking.web.auth import Scheme
from tracking.web.problem import Handler

Model = type[BaseModel]


@dataclass(frozen=True, slots=True)
class Parameter:
    """A query field or header; path fields are read off the path."""

    name: str
    where: Literal["query", "header"]
    description: str
    required: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Route:
    """`roles` empty: the handler asks for no key, or in its own way, as `access` says.

    `scheme`: how who gives no key is asked for one. `batch`: the body may also be an array of the
    model, or one a line. `answers` maps a status to its model, to the media type of what is no
    JSON, or to None where there is no body.
    `media` empty: a POST without a body.
    """

    method: str
    path: str
    handler: Handler
    summary: str
    roles: frozenset[Role] = frozenset()
    access: Literal["key", "key or signature", "signature", "secret", "link", "session", "none"] = (
        "key"
    )
    parameters: Sequence[Parameter] = ()
    body: Model | None = None
    scheme: Scheme = "Bearer"
    batch: bool = False
    media: Sequence[str] = ("application/json",)
    answers: Mapping[int, Model | str | None] = field(default_factory=dict)
    problems: Sequence[int] = ()
    timed: bool = True  # False: may take as long as it likes (a live stream)

    @property
    def takes_body(self) -> bool:
        return self.method in {"POST", "PUT", "PATCH"} and bool(self.media)


ROUTES = web.AppKey("routes", tuple[Route, ...])
