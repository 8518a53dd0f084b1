"""What `klat person` prints: a plan, what was changed, and what was found afterwards."""

from collections.abc import Iterator, Mapping

from tracking.person.check import Look
from tracking.person.erase import Plan
from tracking.person.who import Share, is_whole


def plan_lines(planned: Plan) -> list[str]:
    return list(_plan(planned))


def _plan(planned: Plan) -> Iterator[str]:
    if planned.resumes is not None:
        yield f"goes on with receipt {planned.resumes.erasure_id}, which was cut off"
    for name in planned.names:
        yield f"name {name}"
    for share in planned.shares:
        yield "  ".join(_share(planned, share))
    yield from rows_lines(planned.rows)
    if planned.whom.merchant_id is not None:
        yield "of quarantine and parked messages only what is of these parcels alone goes;"
        yield "without --shop all of them are looked through"
    if planned.unreadable:
        many = len(planned.unreadable)
        yield f"{many} more may be theirs: no key opens the contact, and they are left"


def _share(planned: Plan, share: Share) -> Iterator[str]:
    parcel = share.parcel
    yield f"{parcel.carrier} {parcel.tracking_number}"
    yield parcel.merchant_name or "no shop"
    yield f"as {' and '.join(sorted(share.roles))}"
    yield parcel.status
    if not is_whole(share):
        yield "the recipient's data stays, what was written of it goes"
    if share in planned.under_way:
        yield "UNDER WAY: nobody will be told of it"
    if share in planned.bonuses:
        yield "BONUS: its code still pays"


def rows_lines(rows: Mapping[str, int]) -> list[str]:
    """A table: class of data, rows."""
    width = max(map(len, rows), default=0)
    return [f"  {kind:<{width}}  {rows[kind]:>7}" for kind in sorted(rows)]


def proof_lines(looks: Mapping[str, Look]) -> list[str]:
    """A table: what was looked through, and what was found."""
    width = max(map(len, looks), default=0)
    head = (
        f"  {'table':<{width}}  {'rows':>9}  {'opened':>7}  {'unread':>7}  {'found':>6}  elsewhere"
    )
    return [
        head,
        *(
            f"  {table:<{width}}  {each.rows:>9}  {each.opened:>7}  {each.unread:>7}"
            f"  {each.found:>6}  {each.elsewhere:>9}"
            for table, each in sorted(looks.items())
        ),
    ]
