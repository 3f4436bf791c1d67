"""Preludes: which events come before an event, so that it makes sense to a receiver.

A stop follows a start, a "left" follows a "joined". Zoom guarantees no order of arrival, but this
is the order in which things happen (Zoom's event reference describes each event as a change of
something that began before).
"""

from __future__ import annotations

from collections.abc import Mapping

from mockzoom.zoom.entities import KINDS

_STREAMED = tuple(kind.streams for kind in KINDS if kind.streams)
"""How the names of events begin that tell of an RTMS stream."""

BEFORE: Mapping[str, str] = {
    **{f"{kind}rtms_interrupted": f"{kind}rtms_started" for kind in _STREAMED},
    **{f"{kind}rtms_stopped": f"{kind}rtms_started" for kind in _STREAMED},
    "session.alert": "session.started",
    "session.ended": "session.started",
    "session.live_streaming_started": "session.started",
    "session.live_streaming_stopped": "session.live_streaming_started",
    "session.recording_started": "session.started",
    "session.recording_paused": "session.recording_started",
    "session.recording_resumed": "session.recording_paused",
    "session.recording_stopped": "session.recording_started",
    "session.recording_completed": "session.recording_stopped",
    "session.recording_summary_completed": "session.recording_completed",
    "session.recording_transcript_completed": "session.recording_completed",
    "session.recording_transcript_failed": "session.recording_completed",
    "session.recording_trashed": "session.recording_completed",
    "session.recording_deleted": "session.recording_trashed",
    "session.recording_recovered": "session.recording_trashed",
    "session.rtms_started": "session.started",
    "session.user_joined": "session.started",
    "session.user_left": "session.user_joined",
    "session.sharing_started": "session.user_joined",
    "session.sharing_ended": "session.sharing_started",
    "session.stream_ingestion_started": "session.started",
    "session.stream_ingestion_connected": "session.stream_ingestion_started",
    "session.stream_ingestion_disconnected": "session.stream_ingestion_connected",
    "session.stream_ingestion_stopped": "session.stream_ingestion_connected",
    "session.stream_ingestion_unbind": "session.stream_ingestion_started",
    "session.user_phone_callout_ringing": "session.started",
    "session.user_phone_callout_accepted": "session.user_phone_callout_ringing",
    "session.user_phone_callout_canceled": "session.user_phone_callout_ringing",
    "session.user_phone_callout_missed": "session.user_phone_callout_ringing",
    "session.user_phone_callout_rejected": "session.user_phone_callout_ringing",
    "session.user_room_system_callout_ringing": "session.started",
    "session.user_room_system_callout_accepted": "session.user_room_system_callout_ringing",
    "session.user_room_system_callout_failed": "session.user_room_system_callout_ringing",
    "session.user_room_system_callout_missed": "session.user_room_system_callout_ringing",
    "session.user_room_system_callout_rejected": "session.user_room_system_callout_ringing",
}
"""For each event that follows another one, the last one before it."""


def prelude(event: str) -> tuple[str, ...]:
    """Return the events that come before `event`, the first one first; empty where none does."""
    before = BEFORE.get(event)
    return () if before is None else (*prelude(before), before)
