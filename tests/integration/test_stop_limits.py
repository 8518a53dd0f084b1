"""What is stopped ends before whoever stops it loses patience."""

from tracking import roles
from tracking.local import child, postgres, rabbitmq, up
from tracking.web import serving

PROMISED = 25.0  # seconds for `klat up`, as docs/operators.md says


def test_a_role_ends_by_itself_before_it_is_killed():
    common = roles.DRAIN + roles.OPS_SHUTDOWN + roles.CANCEL_LIMIT + roles.POOL_LIMIT
    longest = common + max(serving.SHUTDOWN, roles.LEAVE_LIMIT)
    assert longest < child.STOP_LIMIT


def test_everything_ends_within_what_is_promised():
    servers = max(rabbitmq.STOP_LIMIT, postgres.STOP_LIMIT)
    assert up.DEMO_STOP_LIMIT + child.STOP_LIMIT + servers < PROMISED
