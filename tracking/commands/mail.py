"""`klat mail`: what a mail server hands over."""

import sys
from typing import BinaryIO

import typer

from tracking.commands.stack import DataDir, Stack, on_stack
from tracking.errors import ConfigurationError, KlatError

EX_TEMPFAIL = 75  # sysexits: the mail server keeps the mail and comes again
_KEPT = 1024 * 1024  # bytes; a report stands at the beginning
_CHUNK = 64 * 1024

app = typer.Typer(help="Mails that come back.", no_args_is_help=True)


@app.callback()
def mail() -> None:
    """Mails that come back."""


@app.command()
def bounce(data_dir: DataDir = None) -> None:
    """Take a mail that came back, from standard input: a report of delivery, a complaint."""
    from tracking.commands import returned  # noqa: PLC0415 - other commands do not wait for it

    raw = read_mail(sys.stdin.buffer)

    async def work(stack: Stack) -> None:
        await returned.take(stack, raw)

    try:
        on_stack(data_dir, work)
    except ConfigurationError:
        raise
    except Exception as error:  # noqa: BLE001 - a report that is refused is lost for ever
        typer.echo(str(error) if isinstance(error, KlatError) else type(error).__name__, err=True)
        raise typer.Exit(code=EX_TEMPFAIL) from None


def read_mail(stream: BinaryIO) -> bytes:
    """The begin of it; all is read, since a server that cannot write takes it for refused."""
    kept = b""
    while chunk := stream.read(_CHUNK):
        kept += chunk[: _KEPT - len(kept)]
    return kept
