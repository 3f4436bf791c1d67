"""A receiver that keeps what it is told in memory, on one event loop (aiohttp).

As it stands it notes the request id and takes the event down in one step, then answers. Variants
whose names begin with `legit-` are right as well, in other ways; the others have one defect each.
`GET /state` shows what it knows (`GET /state/counts` a part), `POST /reset` empties it.
"""

from __future__ import annotations

import asyncio

from aiohttp import web
from stateful_asyncio_base import Receiver
from stateful_asyncio_defects import VARIANTS


def application(receiver: Receiver) -> web.Application:
    async def state(request: web.Request) -> web.Response:
        whole = receiver.book.state()
        part = request.match_info.get("part")
        if part is None:
            return web.json_response(whole)
        return web.json_response(whole[part]) if part in whole else web.Response(status=404)

    async def reset(request: web.Request) -> web.Response:
        receiver.book.reset()
        return web.Response(status=204)

    app = web.Application(client_max_size=2 * 1024 * 1024)
    app.router.add_post("/webhook", receiver.webhook)
    app.router.add_get("/state", state)
    app.router.add_get("/state/{part}", state)
    app.router.add_post("/reset", reset)
    return app


async def serve(receiver: Receiver, port: int) -> None:
    runner = web.AppRunner(application(receiver), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    print(f"listening http://127.0.0.1:{runner.addresses[0][1]}/webhook", flush=True)
    await asyncio.Event().wait()


def main() -> None:
    from program import end_with_input, options

    given = options(__doc__, VARIANTS)
    end_with_input()
    asyncio.run(serve(VARIANTS.get(given.defect, Receiver)(given.secret), given.port))


if __name__ == "__main__":
    main()
