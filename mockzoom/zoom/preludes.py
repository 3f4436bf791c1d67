"""Preludes: which events come before an event, so that it makes sense to a receiver.

A stop follows a start, a "left" follows a "joined", an update follows what it updates. Zoom
guarantees no order of arrival, but this is the order in which things happen: the names of the
events in Zoom's documents say so. Where they do not, an event is in no chain: an instant meeting
starts without having been created. A chain stays within a product, since an app may have subscribed
to no other; the stream of a session alone follows its start.
"""

from __future__ import annotations

from collections.abc import Mapping

from mockzoom.zoom.entities import KINDS

_STREAMED = tuple(kind.streams for kind in KINDS if kind.streams)
"""How the names of events begin that tell of an RTMS stream."""

_BY_NAMESPACE: Mapping[str, Mapping[str, str]] = {
    "account": {"created": "updated settings_updated lock_settings_updated disassociated"},
    "information_barriers": {"policy_created": "policy_updated policy_deleted"},
    "calendar": {
        "acl_create": "acl_update acl_delete",
        "calendarlist_create": "calendarlist_update calendarlist_delete",
        "event_create": "event_update event_delete",
        "setting_create": "setting_update",
    },
    "cobrowse": {
        "session_started": "session_user_joined session_ended",
        "session_user_joined": "session_user_left",
    },
    "meeting": {
        "created": "updated deleted converted_to_webinar registration_created",
        "deleted": "recovered permanently_deleted",
        "registration_created": "registration_approved registration_denied registration_cancelled",
        "invitation_dispatched": "invitation_accepted invitation_rejected invitation_timeout",
        "started": (
            "ended alert live_streaming_started participant_joined "
            "participant_joined_waiting_room participant_phone_callout_ringing "
            "participant_room_system_callout_ringing recording.started"
        ),
        "participant_joined": (
            "participant_left participant_role_changed participant_put_in_waiting_room "
            "participant_joined_breakout_room sharing_started chat_message_sent "
            "chat_message_file_sent"
        ),
        "participant_joined_waiting_room": "participant_admitted participant_left_waiting_room",
        "participant_jbh_waiting": "participant_jbh_joined participant_jbh_waiting_left",
        "participant_joined_breakout_room": (
            "participant_left_breakout_room breakout_room_sharing_started"
        ),
        "breakout_room_sharing_started": "breakout_room_sharing_ended",
        "sharing_started": "sharing_ended",
        "chat_message_file_sent": "chat_message_file_downloaded",
        "live_streaming_started": "live_streaming_stopped",
        "participant_phone_callout_ringing": (
            "participant_phone_callout_accepted participant_phone_callout_missed "
            "participant_phone_callout_rejected"
        ),
        "participant_room_system_callout_ringing": (
            "participant_room_system_callout_accepted participant_room_system_callout_failed "
            "participant_room_system_callout_missed participant_room_system_callout_rejected"
        ),
        "ended": "summary_completed",
        "summary_completed": "summary_updated summary_shared summary_trashed",
        "summary_trashed": "summary_recovered summary_deleted",
    },
    "recording": {
        "started": "paused stopped",
        "paused": "resumed",
        "stopped": "completed",
        "completed": "transcript_completed renamed trashed registration_created",
        "trashed": "recovered deleted",
        "batch_trashed": "batch_recovered batch_deleted",
        "registration_created": "registration_approved registration_denied",
    },
    "user": {
        "tsp_created": "tsp_updated tsp_deleted",
        "created": (
            "activated updated settings_updated deactivated deleted disassociated signed_in "
            "presence_status_updated personal_notes_updated"
        ),
        "signed_in": "signed_out",
    },
    "webinar": {
        "created": "updated deleted converted_to_meeting registration_created",
        "deleted": "recovered permanently_deleted",
        "registration_created": "registration_approved registration_denied registration_cancelled",
        "started": "ended alert participant_joined",
        "participant_joined": (
            "participant_left participant_role_changed sharing_started chat_message_sent "
            "chat_message_file_sent"
        ),
        "sharing_started": "sharing_ended",
        "chat_message_file_sent": "chat_message_file_downloaded",
    },
    "node": {
        "server_update_available": "server_update_started",
        "server_update_started": "server_update_success server_update_failed",
        "service_update_available": "service_update_started",
        "service_update_started": "service_update_success service_update_failed",
        "service_started": "service_stopped service_deleted",
        "zone_added": "zone_deleted",
    },
    "phone": {
        "callee_ringing": "callee_answered callee_missed callee_rejected",
        "callee_answered": (
            "callee_ended callee_hold callee_mute callee_parked callee_meeting_inviting"
        ),
        "callee_hold": "callee_unhold",
        "callee_mute": "callee_unmute",
        "callee_ended": "callee_call_history_completed callee_call_log_completed",
        "caller_ringing": "caller_connected",
        "caller_connected": "caller_ended caller_hold caller_mute caller_meeting_inviting",
        "caller_hold": "caller_unhold",
        "caller_mute": "caller_unmute",
        "caller_ended": "caller_call_history_completed caller_call_log_completed",
        "call_log_deleted": "call_log_permanently_deleted",
        "recording_started": "recording_paused recording_stopped",
        "recording_paused": "recording_resumed",
        "recording_stopped": "recording_completed",
        "recording_completed": "recording_transcript_completed recording_deleted",
        "recording_deleted": "recording_permanently_deleted",
        "voicemail_received": "voicemail_transcript_completed voicemail_deleted",
        "voicemail_deleted": "voicemail_permanently_deleted",
    },
    "revenue_accelerator": {
        "playlist_create": "playlist_add_moment playlist_delete",
        "playlist_add_moment": "playlist_remove_moment",
    },
    "visitor_management": {
        "invitation_created": "invitation_updated invitation_deleted checked_in",
        "checked_in": "checked_out",
    },
    "workspace": {
        "created": "updated deleted user_assigned",
        "user_assigned": "user_unassigned",
        "reservation_created": "reservation_update reservation_deleted reservation_checked_in",
        "reservation_checked_in": "reservation_checked_out",
        "reservation_questionnaire_response_created": "reservation_questionnaire_response_updated",
    },
    "zoomroom": {
        "created": "updated deleted",
        "checked_in": "checked_out",
        "digital_signage_app_started": "digital_signage_app_ended",
        "location_created": "location_updated location_deleted",
    },
    "scheduler": {"scheduled_event_created": "scheduled_event_canceled"},
    "task": {
        "created": (
            "updated assignee_updated collaborator_updated comment_updated completed deleted"
        ),
        "completed": "reopened",
    },
    "chat_channel": {
        "created": "updated deleted member_invited member_joined",
        "member_joined": "member_left member_removed",
    },
    "chat_message": {"sent": "updated deleted replied"},
    "team_chat": {
        "bookmark_added": "bookmark_removed",
        "channel_app_added": "channel_app_removed",
        "channel_archived": "channel_unarchived",
        "channel_invitation_created": (
            "channel_invitation_accepted channel_invitation_declined channel_invitation_removed"
        ),
        "channel_invitation_approval_requested": (
            "channel_invitation_approved channel_invitation_rejected"
        ),
        "channel_join_requested": "channel_join_approved channel_join_declined",
        "channel_message_posted": (
            "channel_message_updated channel_message_deleted channel_pin_added "
            "channel_reaction_added"
        ),
        "channel_pin_added": "channel_pin_removed",
        "channel_reaction_added": "channel_reaction_removed",
        "dm_message_posted": "dm_message_updated dm_message_deleted dm_reaction_added",
        "dm_reaction_added": "dm_reaction_removed",
        "emoji_added": "emoji_removed",
        "file_uploaded": "file_changed file_downloaded file_shared file_deleted",
        "file_shared": "file_unshared",
        "shared_spaces_member_invited": "shared_spaces_member_left shared_spaces_member_removed",
        "starred": "unstarred",
    },
    "group": {
        "created": (
            "updated deleted settings_updated lock_settings_updated member_added admin_added"
        ),
        "member_added": "member_deleted",
        "admin_added": "admin_deleted",
    },
    "video_management": {
        "channel_published": "channel_unpublished",
        "channel_video_added": "channel_video_removed",
    },
    "session": {
        "started": (
            "ended alert live_streaming_started recording_started rtms_started user_joined "
            "stream_ingestion_started user_phone_callout_ringing "
            "user_room_system_callout_ringing"
        ),
        "live_streaming_started": "live_streaming_stopped",
        "recording_started": "recording_paused recording_stopped",
        "recording_paused": "recording_resumed",
        "recording_stopped": "recording_completed",
        "recording_completed": (
            "recording_summary_completed recording_transcript_completed "
            "recording_transcript_failed recording_trashed"
        ),
        "recording_trashed": "recording_deleted recording_recovered",
        "user_joined": "user_left sharing_started",
        "sharing_started": "sharing_ended",
        "stream_ingestion_started": "stream_ingestion_connected stream_ingestion_unbind",
        "stream_ingestion_connected": "stream_ingestion_disconnected stream_ingestion_stopped",
        "user_phone_callout_ringing": (
            "user_phone_callout_accepted user_phone_callout_canceled user_phone_callout_missed "
            "user_phone_callout_rejected"
        ),
        "user_room_system_callout_ringing": (
            "user_room_system_callout_accepted user_room_system_callout_failed "
            "user_room_system_callout_missed user_room_system_callout_rejected"
        ),
    },
    "whiteboard": {
        "created": "opened shared file_added share_settings_updated sharing_updated deleted",
    },
    "zoom_events": {
        "event_published": "event_updated event_cancelled",
        "exhibitor_created": "exhibitor_updated exhibitor_deleted",
        "session_created": "session_updated session_deleted session_ended",
        "speaker_created": "speaker_updated speaker_deleted",
        "ticket_created": "ticket_updated ticket_deleted",
        "ticket_type_created": "ticket_type_updated ticket_type_deleted",
    },
}
"""What follows an event, directly: names without their namespace, where it is the same."""


def _whole(namespace: str, word: str) -> str:
    return word if "." in word else f"{namespace}.{word}"


AFTER: Mapping[str, tuple[str, ...]] = {
    **{f"{kind}rtms_started": (f"{kind}rtms_interrupted", f"{kind}rtms_stopped")
       for kind in _STREAMED},
    **{_whole(namespace, before): tuple(_whole(namespace, word) for word in following.split())
       for namespace, events in _BY_NAMESPACE.items() for before, following in events.items()},
}  # fmt: skip
"""What follows each event, directly."""

BEFORE: Mapping[str, str] = {
    after: before for before, following in AFTER.items() for after in following
}
"""For each event that follows another one, the last one before it."""


def prelude(event: str) -> tuple[str, ...]:
    """Return the events that come before `event`, the first one first; empty where none does."""
    before = BEFORE.get(event)
    return () if before is None else (*prelude(before), before)
