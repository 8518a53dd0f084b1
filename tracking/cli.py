"""The commands of `klat`, each loaded when it is asked for: no role waits for all the others."""

from collections import UserDict
from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import Any, Final

import typer
from typer.core import TyperGroup

# In the order of the help. A command has a module of its name; one of more words has an `app`.
_COMMANDS: Final = (
    "up",
    "serve",
    "migrate",
    "env",
    "show",
    "explain",
    "audit",
    "scorecard",
    "preview",
    "simulate",
)
_GROUPS: Final = (
    "keys",
    "users",
    "merchants",
    "policy",
    "quarantine",
    "parked",
    "suppressions",
    "person",
    "webhooks",
    "mail",
    "compensations",
    "claims",
    "measures",
)


class _Later(UserDict[str, Any]):
    """By name; a command is loaded with the first look at it."""

    def __getitem__(self, name: str) -> Any:
        return _load(super().__getitem__(name))


class _Klat(TyperGroup):
    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.commands = _Later((name, name) for name in (*_COMMANDS, *_GROUPS))


app = typer.Typer(
    cls=_Klat,
    name="klat",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback()
def klat() -> None:
    """Last-mile parcel tracking: a courier's event in, a live tracking page out."""


@cache
def _load(name: str) -> Any:
    module = import_module(f"tracking.commands.{name}")
    return _group(name, module.app) if name in _GROUPS else _command(name, getattr(module, name))


def _group(name: str, below: typer.Typer) -> Any:
    found = typer.main.get_group(below)
    found.name = name
    return found


def _command(name: str, run: Callable[..., None]) -> Any:
    alone = typer.Typer(add_completion=False)
    alone.command(name)(run)
    return typer.main.get_command(alone)
