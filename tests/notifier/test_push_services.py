"""A breaker for each push service: what a visitor's own does, no other browser feels."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from notifier.breaker import FAULTS_TO_OPEN, FIRST_PAUSE
from notifier.channels.base import Handed, Outcome
from notifier.push_services import MOST, PROBE_LIMIT, PushServices, told_of

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
BUSY = Handed(Outcome.RETRY, "http_503", retry_after=3600)
TIMEOUT = Handed(Outcome.RETRY, "timeout")
FORBIDDEN = Handed(Outcome.RETRY, "http_403")
TAKEN = Handed(Outcome.ACCEPTED)


def failed(services, host, handed=TIMEOUT, times=FAULTS_TO_OPEN):
    return [services.note(host, handed, NOW) for _ in range(times)]


def test_one_that_fails_is_left_alone_as_long_as_it_asks_and_no_other_is():
    services = PushServices()
    told = failed(services, "bad.example", BUSY)
    assert told == [None] * (FAULTS_TO_OPEN - 1) + [3600]
    assert services.wait("bad.example", NOW + timedelta(seconds=600)) == 3000
    assert services.wait("good.example", NOW) is None


def test_whoever_refuses_our_key_is_left_alone_himself():
    services = PushServices()
    assert failed(services, "bad.example", FORBIDDEN)[-1] == FIRST_PAUSE.total_seconds()
    assert services.wait("good.example", NOW) is None


def test_after_the_pause_one_at_a_time_goes_there():
    services = PushServices()
    failed(services, "bad.example")
    later = NOW + FIRST_PAUSE
    assert services.wait("bad.example", later) is None
    assert services.wait("bad.example", later) == PROBE_LIMIT
    assert services.note("bad.example", TIMEOUT, later) == 2 * FIRST_PAUSE.total_seconds()
    later += 2 * FIRST_PAUSE
    assert services.wait("bad.example", later) is None
    assert services.note("bad.example", TAKEN, later) is None
    assert [services.wait("bad.example", later) for _ in range(2)] == [None, None]


def test_of_those_that_work_nothing_is_kept():
    services = PushServices()
    for number in range(1000):
        services.note(f"{number}.example", TAKEN, NOW)
    failed(services, "bad.example", times=2)
    services.note("bad.example", TAKEN, NOW)
    assert len(services) == 0


def test_so_many_and_no_more_are_kept_and_the_one_that_failed_longest_ago_is_forgotten():
    services = PushServices()
    failed(services, "first.example")
    for number in range(MOST - 1):
        failed(services, f"{number}.example", times=1)
    assert services.wait("first.example", NOW) is not None
    failed(services, "one.more.example", times=1)
    assert len(services) == MOST
    assert services.wait("first.example", NOW) is None


STEPS = st.lists(
    st.tuples(st.sampled_from("abcde"), st.sampled_from([BUSY, TIMEOUT, FORBIDDEN, TAKEN])),
    max_size=80,
)


@given(STEPS)
def test_what_is_known_of_one_depends_on_what_it_did_alone(steps):
    together, alone = PushServices(), PushServices()
    for host, handed in steps:
        together.note(host, handed, NOW)
    for host, handed in steps:
        if host == "a":
            alone.note(host, handed, NOW)
    assert together.wait("a", NOW) == alone.wait("a", NOW)


@given(STEPS)
def test_however_many_are_named_it_stays_small(steps):
    services = PushServices(most=3)
    for host, handed in steps:
        services.wait(host, NOW)
        services.note(host, handed, NOW)
        assert len(services) <= 3
        assert services._probed <= set(services._breakers)


def test_in_the_log_stands_no_host_that_a_visitor_wrote():
    assert told_of("fcm.googleapis.com") == "googleapis.com"
    assert told_of("db5p.notify.windows.com") == "windows.com"
    assert told_of("ilze-paraugs.evilgoogleapis.com") == "other"
