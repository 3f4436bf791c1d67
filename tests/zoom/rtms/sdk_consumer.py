"""A consumer made of the official SDK, in a process of its own: `python sdk_consumer.py JSON`.

The argument is an object: `join` (what the SDK's join takes), `media` (audio, video, deskshare,
transcript), and parameters of those that shall not have the SDK's own. What happens is printed, one
JSON object a line; a line `leave` on standard input makes it leave.
"""

from __future__ import annotations

import base64
import json
import os
import sys
import threading
import time
from typing import Any

_OUT = threading.Lock()


def tell(what: str, **more: Any) -> None:
    with _OUT:
        print(json.dumps({"what": what, **more}), flush=True)


def main() -> None:
    plan = json.loads(sys.argv[1])
    os.makedirs("logs", exist_ok=True)  # the SDK complains without end where it is missing
    import rtms

    rtms.configure_logger({"enabled": False})
    client = rtms.Client()
    client.on_join_confirm(lambda status: tell("join", status=int(status)))
    client.on_leave(lambda reason: tell("leave", reason=int(reason)))
    media = plan["media"]
    for kind, params in (("audio", rtms.AudioParams), ("video", rtms.VideoParams),
                         ("deskshare", rtms.DeskshareParams)):  # fmt: skip
        if kind in plan:
            chosen = params(**plan[kind])
            getattr(client, f"set_{kind}_params")(chosen)
    for kind in media:
        getattr(client, f"on_{kind}_data")(_data(kind))
    client.on_participant_event(lambda kind, at, who: tell("participants", kind=kind, who=who))
    client.on_active_speaker_event(lambda at, user, name: tell("speaker", user=user, name=name))
    loop = rtms.EventLoop()
    loop.add(client)
    client.join(plan["join"])
    threading.Thread(target=_commands, args=(client, loop), daemon=True).start()
    loop.run()
    time.sleep(0.3)
    tell("end")
    sys.stdout.flush()
    os._exit(0)  # the native library does not always end its threads


def _data(kind: str) -> Any:
    def take(data: bytes, size: int, stamp: int, about: Any) -> None:
        raw = data if isinstance(data, bytes) else bytes(data)
        who = getattr(about, "userName", getattr(about, "user_name", ""))
        tell(kind, data=base64.b64encode(raw).decode(), size=size, stamp=stamp, who=who)

    return take


def _commands(client: Any, loop: Any) -> None:
    for line in sys.stdin:
        if line.strip() == "leave":
            client._running = False
            loop.stop()
            return


if __name__ == "__main__":
    main()
