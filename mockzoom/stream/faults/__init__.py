"""What can go wrong with a stream on command, one small file each; README.md tells how to add one.

None of them is the consumer's fault: after each, a new handshake is fair, and what the consumer
does with it is what the rules look at.
"""

from __future__ import annotations

from mockzoom.stream.actions import Action, named
from mockzoom.stream.faults.delay_keep_alives import DELAY_KEEP_ALIVES
from mockzoom.stream.faults.drop_media import DROP_MEDIA
from mockzoom.stream.faults.drop_signaling import DROP_SIGNALING
from mockzoom.stream.faults.fail_over import FAIL_OVER
from mockzoom.stream.faults.heal import HEAL
from mockzoom.stream.faults.malformed_json import MALFORMED_JSON
from mockzoom.stream.faults.move_time import MOVE_TIME
from mockzoom.stream.faults.mute_keep_alives import MUTE_KEEP_ALIVES
from mockzoom.stream.faults.oversized_frame import OVERSIZED_FRAME
from mockzoom.stream.faults.refuse import REFUSE
from mockzoom.stream.faults.stop_answering import STOP_ANSWERING
from mockzoom.stream.faults.terminate import TERMINATE
from mockzoom.stream.faults.unknown_message import UNKNOWN_MESSAGE
from mockzoom.stream.faults.withhold_handshake import WITHHOLD_HANDSHAKE

FAULTS: tuple[Action, ...] = (
    DROP_SIGNALING, DROP_MEDIA, STOP_ANSWERING, WITHHOLD_HANDSHAKE, DELAY_KEEP_ALIVES,
    MUTE_KEEP_ALIVES, REFUSE, MALFORMED_JSON, UNKNOWN_MESSAGE, OVERSIZED_FRAME, TERMINATE,
    FAIL_OVER, MOVE_TIME, HEAL,
)  # fmt: skip


def fault_named(name: str) -> Action:
    """Return the fault called `name`; raise `UsageError` with the nearest names."""
    return named(name, FAULTS, "stream fault")


__all__ = ["FAULTS", "fault_named"]
