"""Does a broker serve? A node may run and greet whoever comes, and do nothing else."""

import aiormq

from consumers.failures import FAILURES


async def fault_of(url: str) -> str | None:
    """Connect and make a queue that goes with the connection: what is wrong, None if nothing.

    Neither a memory nor a disk alarm counts: they hold up only who publishes.
    """
    try:
        connection = await aiormq.connect(url)
        try:
            channel = await connection.channel()
            await channel.queue_declare(exclusive=True, auto_delete=True)
        finally:
            await connection.close()
    except FAILURES as error:
        return type(error).__name__
    return None
