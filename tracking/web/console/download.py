"""A file that is made while it is sent, in as little memory as one piece of it."""

from collections.abc import AsyncIterator

from aiohttp import web


async def send_file(
    request: web.Request, name: str, pieces: AsyncIterator[str]
) -> web.StreamResponse:
    """JSON, to be kept under this name; at least one piece.

    What fails before the first piece is there is raised, and a page can say so. What fails later
    breaks the line, by which a browser knows that it has no whole file.
    """
    first = await anext(pieces)
    response = web.StreamResponse(
        headers={
            "Content-Type": "application/json; charset=utf-8",
            "Content-Disposition": f'attachment; filename="{name}"',
        }
    )
    await response.prepare(request)
    try:
        await response.write(first.encode())
        async for piece in pieces:
            await response.write(piece.encode())
    except ConnectionError:  # whoever asked has left
        return response
    except BaseException:
        if request.transport is not None:
            request.transport.abort()
        raise
    return response
