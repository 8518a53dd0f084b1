"""`klat person`: what is kept of somebody, handed over or taken out, with proof."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from schemas.contact import Person
from tracking.commands.new_file import new_file
from tracking.commands.person_words import plan_lines, proof_lines, rows_lines
from tracking.commands.policy import merchant_of
from tracking.commands.stack import DataDir, Stack, on_stack, show_time
from tracking.commands.suppressions import read_address
from tracking.errors import KlatError
from tracking.person.about import Work
from tracking.person.check import Look, check
from tracking.person.erase import Plan, erase, plan, work_of
from tracking.person.export import export as make_export
from tracking.person.progress import Done
from tracking.person.receipts import Receipt, read_receipts, receipts
from tracking.person.receipts import reapply as erase_again
from tracking.person.traces import traces_of
from tracking.person.who import PARCEL, find_person, whom_of, whom_of_parcel
from tracking.search.terms import Kind
from tracking.store.erasures import Whom, finish_erasure
from tracking.store.pool import connection
from tracking.store.shipments import Shipments

app = typer.Typer(help="A person's data: hand it over, or take it out.", no_args_is_help=True)

Phone = Annotated[str | None, typer.Option(help="With its country, such as +37120000000.")]
Email = Annotated[str | None, typer.Option(help="A mail address.")]
Parcel = Annotated[str | None, typer.Option(help="One parcel alone: its number or id.")]
Name = Annotated[str | None, typer.Option(help="Only who is called so, of several.")]
Shop = Annotated[str | None, typer.Option(help="Only parcels of this shop; default: of all.")]


class WhoIsMeant(KlatError):  # noqa: N818 - named for what is missing
    """Name one of --phone, --email and --parcel."""


class NoSuchParcel(KlatError):  # noqa: N818 - named for what was found
    """--parcel: no parcel has this number or id."""


class SeveralParcels(KlatError):  # noqa: N818 - named for what was found
    """--parcel: several parcels have this number: give the id of one, as `klat show` prints it."""


class SeveralNames(KlatError):  # noqa: N818 - named for what was found
    """Several names share it: say which by --name, or --all-names."""


class StillUnderWay(KlatError):  # noqa: N818 - named for what was found
    """Some parcels are under way, and nobody could be told of them: --even-under-way."""


class BonusStillPays(KlatError):  # noqa: N818 - named for what was found
    """A bonus code still pays, and would not: --with-bonus."""


class NotConfirmed(KlatError):  # noqa: N818 - named for what was found
    """That was not typed; nothing was changed."""


class StillFound(KlatError):  # noqa: N818 - named for what was found
    """Something was found afterwards: the table says where; docs/operators.md says what to do."""


async def _meant(
    stack: Stack,
    phone: str | None,
    email: str | None,
    parcel: str | None,
    name: str | None,
    shop: str | None,
) -> tuple[Whom, list[UUID] | None]:
    """Raises WhoIsMeant and what is wrong with what was given."""
    if sum(each is not None for each in (phone, email, parcel)) != 1:
        raise WhoIsMeant
    if parcel is not None:
        found = await _parcel(stack, parcel)
        return whom_of_parcel(stack.sealer, found), [found]
    shop_id = await merchant_of(stack.pool, shop) if shop else None
    _, text = read_address(phone or email or "")
    kind = Kind.PHONE if phone is not None else Kind.EMAIL
    return whom_of(stack.sealer, kind, text, name=name, shop=shop_id), None


async def _parcel(stack: Stack, text: str) -> UUID:
    try:
        wanted = UUID(text)
    except ValueError:
        rows = await Shipments(stack.pool).shipments_by_number(text.strip().upper())
        if len(rows) > 1:
            raise SeveralParcels from None
        if not rows:
            raise NoSuchParcel from None
        return rows[0].shipment_id
    if await Shipments(stack.pool).find(wanted) is None:
        raise NoSuchParcel
    return wanted


@app.command("export")
def export(
    out: Annotated[Path, typer.Option(help="A new file, readable by you only.")],
    phone: Phone = None,
    email: Email = None,
    parcel: Parcel = None,
    name: Name = None,
    shop: Shop = None,
    data_dir: DataDir = None,
) -> None:
    """Write everything that is kept of somebody, opened, to one JSON file."""

    async def work(stack: Stack) -> int:
        whom, only = await _meant(stack, phone, email, parcel, name, shop)
        planned = await plan(stack.pool, stack.sealer, whom, only=only, now=stack.now)
        with new_file(out) as file:
            async for piece in make_export(stack.pool, stack.sealer, planned.shares, stack.now):
                file.write(piece)
            file.write("\n")
        return len(planned.shares)

    typer.echo(f"{on_stack(data_dir, work)} parcels", err=True)


@app.command("erase")
def erase_person(
    phone: Phone = None,
    email: Email = None,
    parcel: Parcel = None,
    name: Name = None,
    shop: Shop = None,
    *,
    all_names: Annotated[bool, typer.Option(help="Whoever shares it.")] = False,
    only_plan: Annotated[bool, typer.Option("--plan", help="Say what would be done.")] = False,
    even_under_way: Annotated[bool, typer.Option(help="Nobody is told of them any more.")] = False,
    with_bonus: Annotated[bool, typer.Option(help="Also codes that still pay.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Without typing it once more.")] = False,
    quick: Annotated[bool, typer.Option(help="Do not look through everything after.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Take somebody out of everything that is kept, and look whether they are gone."""

    async def look(stack: Stack) -> Plan:
        whom, only = await _meant(stack, phone, email, parcel, name, shop)
        return await plan(stack.pool, stack.sealer, whom, only=only, now=stack.now)

    planned = on_stack(data_dir, look)
    _say(plan_lines(planned))
    if only_plan:
        return
    _refuse(planned, all_names=all_names or name is not None, under_way=even_under_way,
            with_bonus=with_bonus)  # fmt: skip
    if not yes:
        _ask(phone or email or parcel or "")

    async def work(stack: Stack) -> tuple[Done, Mapping[str, Look] | None]:
        done = await erase(stack.pool, stack.sealer, planned, by="operator", now=stack.now)
        looks = None if quick else await check(stack.pool, stack.sealer, done.work)
        found = None if looks is None else {table: each.found for table, each in looks.items()}
        async with connection(stack.pool) as conn:
            await finish_erasure(conn, done.erasure_id, stack.now, found)
        return done, looks

    done, looks = on_stack(data_dir, work)
    _say(rows_lines(done.rows))
    typer.echo(f"receipt {done.erasure_id}")
    if looks is not None:
        is_all = planned.whom.names is None and planned.whom.merchant_id is None
        _prove(looks, everywhere=is_all and planned.whom.kind != PARCEL)


def _refuse(planned: Plan, *, all_names: bool, under_way: bool, with_bonus: bool) -> None:
    if len(planned.names) > 1 and not all_names and planned.whom.kind != PARCEL:
        raise SeveralNames
    if planned.under_way and not under_way:
        raise StillUnderWay
    if planned.bonuses and not with_bonus:
        raise BonusStillPays


def _ask(wanted: str) -> None:
    typed = typer.prompt("Type the phone, e-mail or parcel once more to erase", err=True)
    if typed.strip() != wanted.strip():
        raise NotConfirmed


def _prove(looks: Mapping[str, Look], *, everywhere: bool) -> None:
    """`everywhere`: no parcel of another shop or name may have it either. Raises StillFound."""
    _say(proof_lines(looks))
    if any(each.found or (everywhere and each.elsewhere) for each in looks.values()):
        raise StillFound


@app.command("check")
def check_person(
    phone: Phone = None,
    email: Email = None,
    parcel: Parcel = None,
    data_dir: DataDir = None,
) -> None:
    """Look for somebody through every table and seal: a minute or two for a million parcels."""

    async def work(stack: Stack) -> Mapping[str, Look]:
        whom, only = await _meant(stack, phone, email, parcel, None, None)
        work = await _work(stack, whom, only, phone, email)
        return await check(stack.pool, stack.sealer, work)

    looks = on_stack(data_dir, work)
    _prove(looks, everywhere=parcel is None)


async def _work(
    stack: Stack,
    whom: Whom,
    only: Sequence[UUID] | None,
    phone: str | None,
    email: str | None,
) -> Work:
    """Also of who is found by no parcel: that is what is to be shown."""
    async with connection(stack.pool) as conn:
        found = await find_person(conn, stack.sealer, whom, only=only)
    typed = Person.model_construct(
        phone=read_address(phone)[1] if phone else None,
        email=read_address(email)[1] if email else None,
    )
    return work_of(found.shares).joined(Work(traces=traces_of([typed])))


def _say(lines: Sequence[str]) -> None:
    for line in lines:
        typer.echo(line)


@app.command("receipts")
def list_receipts(
    out: Annotated[Path | None, typer.Option(help="A new file, for `reapply`.")] = None,
    data_dir: DataDir = None,
) -> None:
    """Who was erased when, as keyed hashes: keep them beside the backups, not in them."""

    async def work(stack: Stack) -> list[Receipt]:
        return await receipts(stack.pool)

    found = on_stack(data_dir, work)
    if out is not None:
        with new_file(out) as file:
            file.write("\n".join(each.model_dump_json() for each in found) + "\n")
        typer.echo(f"{len(found)} receipts", err=True)
        return
    for each in found:
        typer.echo("\t".join(_receipt(each)))
    if not found:
        typer.echo("nobody has been erased", err=True)


def _receipt(each: Receipt) -> tuple[str, ...]:
    ended = "cut off: ask again" if each.done_at is None else "done"
    looked = "not checked" if each.found is None else f"found {sum(each.found.values())} after"
    return (
        str(each.erasure_id),
        show_time(each.begun_at),
        each.by,
        each.kind,
        ended,
        f"{sum(each.rows.values())} rows",
        looked,
    )


@app.command("reapply")
def reapply(
    file: Annotated[Path, typer.Argument(help="As `receipts --out` writes it.")],
    data_dir: DataDir = None,
) -> None:
    """After an older backup was restored: erase again whoever had been erased."""
    try:
        asked = read_receipts(file.read_text("utf-8").splitlines())
    except OSError as error:
        raise KlatError(f"{file}: {error.strerror}") from None

    async def work(stack: Stack) -> Mapping[str, int]:
        return await erase_again(stack.pool, stack.sealer, asked, stack.now)

    _say(rows_lines(on_stack(data_dir, work)))
