"""Many at once, and each alone where data among them breaks us."""

import pytest

from tracking.apart import apart
from tracking.errors import StoreUnavailable
from tracking.sealing import SealBroken


@pytest.mark.parametrize("error", [ValueError, KeyError, SealBroken])
async def test_what_breaks_costs_only_itself(error):
    tried = []

    async def work(some):
        tried.append(len(some))
        if 7 in some:
            raise error
        return sum(some)

    parts = await apart(work, range(10), lambda one, fault: (one, type(fault)))
    assert [part for part in parts if isinstance(part, tuple)] == [(7, error)]
    assert sum(part for part in parts if not isinstance(part, tuple)) == sum(range(10)) - 7
    assert len(tried) == 7, "halved, not one by one"


async def test_of_nothing_comes_nothing_and_what_is_no_fault_of_data_is_raised():
    async def away(_):
        raise StoreUnavailable

    assert await apart(away, [], lambda *_: None) == []
    with pytest.raises(StoreUnavailable):
        await apart(away, [1, 2], lambda *_: None)
