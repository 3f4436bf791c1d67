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

AFTER: Mapping[str, tuple[str, ...]] = {
    **{f"{kind}rtms_started": (f"{kind}rtms_interrupted", f"{kind}rtms_stopped")
       for kind in _STREAMED},
    # accounts
    "account.created": (
        "account.updated", "account.settings_updated", "account.lock_settings_updated",
        "account.disassociated",
    ),
    "information_barriers.policy_created": (
        "information_barriers.policy_updated", "information_barriers.policy_deleted",
    ),
    # calendar
    "calendar.acl_create": ("calendar.acl_update", "calendar.acl_delete"),
    "calendar.calendarlist_create": (
        "calendar.calendarlist_update", "calendar.calendarlist_delete",
    ),
    "calendar.event_create": ("calendar.event_update", "calendar.event_delete"),
    "calendar.setting_create": ("calendar.setting_update",),
    # cobrowse-sdk
    "cobrowse.session_started": ("cobrowse.session_user_joined", "cobrowse.session_ended"),
    "cobrowse.session_user_joined": ("cobrowse.session_user_left",),
    # meetings: scheduled, held
    "meeting.created": (
        "meeting.updated", "meeting.deleted", "meeting.converted_to_webinar",
        "meeting.registration_created",
    ),
    "meeting.deleted": ("meeting.recovered", "meeting.permanently_deleted"),
    "meeting.registration_created": (
        "meeting.registration_approved", "meeting.registration_denied",
        "meeting.registration_cancelled",
    ),
    "meeting.invitation_dispatched": (
        "meeting.invitation_accepted", "meeting.invitation_rejected", "meeting.invitation_timeout",
    ),
    "meeting.started": (
        "meeting.ended", "meeting.alert", "meeting.live_streaming_started",
        "meeting.participant_joined", "meeting.participant_joined_waiting_room",
        "meeting.participant_phone_callout_ringing",
        "meeting.participant_room_system_callout_ringing", "recording.started",
    ),
    "meeting.participant_joined": (
        "meeting.participant_left", "meeting.participant_role_changed",
        "meeting.participant_put_in_waiting_room", "meeting.participant_joined_breakout_room",
        "meeting.sharing_started", "meeting.chat_message_sent", "meeting.chat_message_file_sent",
    ),
    "meeting.participant_joined_waiting_room": (
        "meeting.participant_admitted", "meeting.participant_left_waiting_room",
    ),
    "meeting.participant_jbh_waiting": (
        "meeting.participant_jbh_joined", "meeting.participant_jbh_waiting_left",
    ),
    "meeting.participant_joined_breakout_room": (
        "meeting.participant_left_breakout_room", "meeting.breakout_room_sharing_started",
    ),
    "meeting.breakout_room_sharing_started": ("meeting.breakout_room_sharing_ended",),
    "meeting.sharing_started": ("meeting.sharing_ended",),
    "meeting.chat_message_file_sent": ("meeting.chat_message_file_downloaded",),
    "meeting.live_streaming_started": ("meeting.live_streaming_stopped",),
    "meeting.participant_phone_callout_ringing": (
        "meeting.participant_phone_callout_accepted", "meeting.participant_phone_callout_missed",
        "meeting.participant_phone_callout_rejected",
    ),
    "meeting.participant_room_system_callout_ringing": (
        "meeting.participant_room_system_callout_accepted",
        "meeting.participant_room_system_callout_failed",
        "meeting.participant_room_system_callout_missed",
        "meeting.participant_room_system_callout_rejected",
    ),
    "meeting.ended": ("meeting.summary_completed",),
    "meeting.summary_completed": (
        "meeting.summary_updated", "meeting.summary_shared", "meeting.summary_trashed",
    ),
    "meeting.summary_trashed": ("meeting.summary_recovered", "meeting.summary_deleted"),
    # meetings: recordings
    "recording.started": ("recording.paused", "recording.stopped"),
    "recording.paused": ("recording.resumed",),
    "recording.stopped": ("recording.completed",),
    "recording.completed": (
        "recording.transcript_completed", "recording.renamed", "recording.trashed",
        "recording.registration_created",
    ),
    "recording.trashed": ("recording.recovered", "recording.deleted"),
    "recording.batch_trashed": ("recording.batch_recovered", "recording.batch_deleted"),
    "recording.registration_created": (
        "recording.registration_approved", "recording.registration_denied",
    ),
    "user.tsp_created": ("user.tsp_updated", "user.tsp_deleted"),
    # meetings: webinars
    "webinar.created": (
        "webinar.updated", "webinar.deleted", "webinar.converted_to_meeting",
        "webinar.registration_created",
    ),
    "webinar.deleted": ("webinar.recovered", "webinar.permanently_deleted"),
    "webinar.registration_created": (
        "webinar.registration_approved", "webinar.registration_denied",
        "webinar.registration_cancelled",
    ),
    "webinar.started": ("webinar.ended", "webinar.alert", "webinar.participant_joined"),
    "webinar.participant_joined": (
        "webinar.participant_left", "webinar.participant_role_changed", "webinar.sharing_started",
        "webinar.chat_message_sent", "webinar.chat_message_file_sent",
    ),
    "webinar.sharing_started": ("webinar.sharing_ended",),
    "webinar.chat_message_file_sent": ("webinar.chat_message_file_downloaded",),
    # node
    "node.server_update_available": ("node.server_update_started",),
    "node.server_update_started": ("node.server_update_success", "node.server_update_failed"),
    "node.service_update_available": ("node.service_update_started",),
    "node.service_update_started": ("node.service_update_success", "node.service_update_failed"),
    "node.service_started": ("node.service_stopped", "node.service_deleted"),
    "node.zone_added": ("node.zone_deleted",),
    # phone
    "phone.callee_ringing": (
        "phone.callee_answered", "phone.callee_missed", "phone.callee_rejected",
    ),
    "phone.callee_answered": (
        "phone.callee_ended", "phone.callee_hold", "phone.callee_mute", "phone.callee_parked",
        "phone.callee_meeting_inviting",
    ),
    "phone.callee_hold": ("phone.callee_unhold",),
    "phone.callee_mute": ("phone.callee_unmute",),
    "phone.callee_ended": (
        "phone.callee_call_history_completed", "phone.callee_call_log_completed",
    ),
    "phone.caller_ringing": ("phone.caller_connected",),
    "phone.caller_connected": (
        "phone.caller_ended", "phone.caller_hold", "phone.caller_mute",
        "phone.caller_meeting_inviting",
    ),
    "phone.caller_hold": ("phone.caller_unhold",),
    "phone.caller_mute": ("phone.caller_unmute",),
    "phone.caller_ended": (
        "phone.caller_call_history_completed", "phone.caller_call_log_completed",
    ),
    "phone.call_log_deleted": ("phone.call_log_permanently_deleted",),
    "phone.recording_started": ("phone.recording_paused", "phone.recording_stopped"),
    "phone.recording_paused": ("phone.recording_resumed",),
    "phone.recording_stopped": ("phone.recording_completed",),
    "phone.recording_completed": (
        "phone.recording_transcript_completed", "phone.recording_deleted",
    ),
    "phone.recording_deleted": ("phone.recording_permanently_deleted",),
    "phone.voicemail_received": ("phone.voicemail_transcript_completed", "phone.voicemail_deleted"),
    "phone.voicemail_deleted": ("phone.voicemail_permanently_deleted",),
    # revenue-accelerator
    "revenue_accelerator.playlist_create": (
        "revenue_accelerator.playlist_add_moment", "revenue_accelerator.playlist_delete",
    ),
    "revenue_accelerator.playlist_add_moment": ("revenue_accelerator.playlist_remove_moment",),
    # rooms
    "visitor_management.invitation_created": (
        "visitor_management.invitation_updated", "visitor_management.invitation_deleted",
        "visitor_management.checked_in",
    ),
    "visitor_management.checked_in": ("visitor_management.checked_out",),
    "workspace.created": ("workspace.updated", "workspace.deleted", "workspace.user_assigned"),
    "workspace.user_assigned": ("workspace.user_unassigned",),
    "workspace.reservation_created": (
        "workspace.reservation_update", "workspace.reservation_deleted",
        "workspace.reservation_checked_in",
    ),
    "workspace.reservation_checked_in": ("workspace.reservation_checked_out",),
    "workspace.reservation_questionnaire_response_created": (
        "workspace.reservation_questionnaire_response_updated",
    ),
    "zoomroom.created": ("zoomroom.updated", "zoomroom.deleted"),
    "zoomroom.checked_in": ("zoomroom.checked_out",),
    "zoomroom.digital_signage_app_started": ("zoomroom.digital_signage_app_ended",),
    "zoomroom.location_created": ("zoomroom.location_updated", "zoomroom.location_deleted"),
    # scheduler, tasks
    "scheduler.scheduled_event_created": ("scheduler.scheduled_event_canceled",),
    "task.created": (
        "task.updated", "task.assignee_updated", "task.collaborator_updated",
        "task.comment_updated", "task.completed", "task.deleted",
    ),
    "task.completed": ("task.reopened",),
    # team-chat
    "chat_channel.created": (
        "chat_channel.updated", "chat_channel.deleted", "chat_channel.member_invited",
        "chat_channel.member_joined",
    ),
    "chat_channel.member_joined": ("chat_channel.member_left", "chat_channel.member_removed"),
    "chat_message.sent": ("chat_message.updated", "chat_message.deleted", "chat_message.replied"),
    "team_chat.bookmark_added": ("team_chat.bookmark_removed",),
    "team_chat.channel_app_added": ("team_chat.channel_app_removed",),
    "team_chat.channel_archived": ("team_chat.channel_unarchived",),
    "team_chat.channel_invitation_created": (
        "team_chat.channel_invitation_accepted", "team_chat.channel_invitation_declined",
        "team_chat.channel_invitation_removed",
    ),
    "team_chat.channel_invitation_approval_requested": (
        "team_chat.channel_invitation_approved", "team_chat.channel_invitation_rejected",
    ),
    "team_chat.channel_join_requested": (
        "team_chat.channel_join_approved", "team_chat.channel_join_declined",
    ),
    "team_chat.channel_message_posted": (
        "team_chat.channel_message_updated", "team_chat.channel_message_deleted",
        "team_chat.channel_pin_added", "team_chat.channel_reaction_added",
    ),
    "team_chat.channel_pin_added": ("team_chat.channel_pin_removed",),
    "team_chat.channel_reaction_added": ("team_chat.channel_reaction_removed",),
    "team_chat.dm_message_posted": (
        "team_chat.dm_message_updated", "team_chat.dm_message_deleted",
        "team_chat.dm_reaction_added",
    ),
    "team_chat.dm_reaction_added": ("team_chat.dm_reaction_removed",),
    "team_chat.emoji_added": ("team_chat.emoji_removed",),
    "team_chat.file_uploaded": (
        "team_chat.file_changed", "team_chat.file_downloaded", "team_chat.file_shared",
        "team_chat.file_deleted",
    ),
    "team_chat.file_shared": ("team_chat.file_unshared",),
    "team_chat.shared_spaces_member_invited": (
        "team_chat.shared_spaces_member_left", "team_chat.shared_spaces_member_removed",
    ),
    "team_chat.starred": ("team_chat.unstarred",),
    # users
    "user.created": (
        "user.activated", "user.updated", "user.settings_updated", "user.deactivated",
        "user.deleted", "user.disassociated", "user.signed_in", "user.presence_status_updated",
        "user.personal_notes_updated",
    ),
    "user.signed_in": ("user.signed_out",),
    "group.created": (
        "group.updated", "group.deleted", "group.settings_updated", "group.lock_settings_updated",
        "group.member_added", "group.admin_added",
    ),
    "group.member_added": ("group.member_deleted",),
    "group.admin_added": ("group.admin_deleted",),
    # video-management
    "video_management.channel_published": ("video_management.channel_unpublished",),
    "video_management.channel_video_added": ("video_management.channel_video_removed",),
    # video-sdk
    "session.started": (
        "session.ended", "session.alert", "session.live_streaming_started",
        "session.recording_started", "session.rtms_started", "session.user_joined",
        "session.stream_ingestion_started", "session.user_phone_callout_ringing",
        "session.user_room_system_callout_ringing",
    ),
    "session.live_streaming_started": ("session.live_streaming_stopped",),
    "session.recording_started": ("session.recording_paused", "session.recording_stopped"),
    "session.recording_paused": ("session.recording_resumed",),
    "session.recording_stopped": ("session.recording_completed",),
    "session.recording_completed": (
        "session.recording_summary_completed", "session.recording_transcript_completed",
        "session.recording_transcript_failed", "session.recording_trashed",
    ),
    "session.recording_trashed": ("session.recording_deleted", "session.recording_recovered"),
    "session.user_joined": ("session.user_left", "session.sharing_started"),
    "session.sharing_started": ("session.sharing_ended",),
    "session.stream_ingestion_started": (
        "session.stream_ingestion_connected", "session.stream_ingestion_unbind",
    ),
    "session.stream_ingestion_connected": (
        "session.stream_ingestion_disconnected", "session.stream_ingestion_stopped",
    ),
    "session.user_phone_callout_ringing": (
        "session.user_phone_callout_accepted", "session.user_phone_callout_canceled",
        "session.user_phone_callout_missed", "session.user_phone_callout_rejected",
    ),
    "session.user_room_system_callout_ringing": (
        "session.user_room_system_callout_accepted", "session.user_room_system_callout_failed",
        "session.user_room_system_callout_missed", "session.user_room_system_callout_rejected",
    ),
    # whiteboard
    "whiteboard.created": (
        "whiteboard.opened", "whiteboard.shared", "whiteboard.file_added",
        "whiteboard.share_settings_updated", "whiteboard.sharing_updated", "whiteboard.deleted",
    ),
    # zoom-events
    "zoom_events.event_published": ("zoom_events.event_updated", "zoom_events.event_cancelled"),
    "zoom_events.exhibitor_created": (
        "zoom_events.exhibitor_updated", "zoom_events.exhibitor_deleted",
    ),
    "zoom_events.session_created": (
        "zoom_events.session_updated", "zoom_events.session_deleted", "zoom_events.session_ended",
    ),
    "zoom_events.speaker_created": ("zoom_events.speaker_updated", "zoom_events.speaker_deleted"),
    "zoom_events.ticket_created": ("zoom_events.ticket_updated", "zoom_events.ticket_deleted"),
    "zoom_events.ticket_type_created": (
        "zoom_events.ticket_type_updated", "zoom_events.ticket_type_deleted",
    ),
}  # fmt: skip
"""What follows an event, directly."""

BEFORE: Mapping[str, str] = {
    after: before for before, following in AFTER.items() for after in following
}
"""For each event that follows another one, the last one before it."""


def prelude(event: str) -> tuple[str, ...]:
    """Return the events that come before `event`, the first one first; empty where none does."""
    before = BEFORE.get(event)
    return () if before is None else (*prelude(before), before)
