"""Talking to the RabbitMQ node of the tests."""

import asyncio
import shutil
from asyncio.subprocess import PIPE

from tracking.local.rabbitmq import PrivateRabbitMQ


async def erlang(rabbitmq: PrivateRabbitMQ, expressions: str) -> str:
    """Evaluate in the node: what rabbitmqctl does in a second takes some milliseconds."""
    process = await asyncio.create_subprocess_exec(
        shutil.which("erl_call") or "/usr/lib/erlang/bin/erl_call",
        *("-address", f"127.0.0.1:{rabbitmq.endpoint.ports['distribution']}"),
        *("-c", rabbitmq.endpoint.password, "-e"),
        env=rabbitmq.environment(),
        stdin=PIPE,
        stdout=PIPE,
    )
    answer, _ = await process.communicate(f"{expressions}\n".encode())
    assert answer.startswith(b"{ok,"), answer
    return answer.decode()
