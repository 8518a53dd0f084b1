"""What is stopped ends before whoever stops it loses patience."""

import inspect

from consumers.webhooks import sending
from tracking.commands.serve import serve
from tracking.local import child, postgres, rabbitmq, up
from tracking.roles import running as roles
from tracking.web import serving

PROMISED = 25.0  # seconds for `klat up`, as docs/operators.md says
COMMON = roles.OPS_SHUTDOWN + roles.CANCEL_LIMIT + roles.POOL_LIMIT
NOTICES = serving.SHUTDOWN + roles.CANCEL_LIMIT  # what is in hand, then leave of the providers
LONGEST = COMMON + max(serving.SHUTDOWN, roles.LEAVE_LIMIT, NOTICES)


def test_a_role_ends_by_itself_before_it_is_killed():
    assert LONGEST < child.STOP_LIMIT


def test_everything_ends_within_what_is_promised():
    servers = max(rabbitmq.STOP_LIMIT, postgres.STOP_LIMIT)
    assert up.DEMO_STOP_LIMIT + child.STOP_LIMIT + servers < PROMISED


def test_so_does_a_web_that_drains_for_a_balancer():
    drain = inspect.signature(serve).parameters["drain"].default
    assert drain >= 5
    assert drain + LONGEST < PROMISED


def test_a_sender_of_webhooks_has_time_to_note_what_it_cut_off():
    assert sending.FINISH_LIMIT + 1 < serving.SHUTDOWN
