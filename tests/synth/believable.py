"""What makes the most used events believable: a table of events, places and relations.

Facts: captured deliveries and Zoom's documents (forms of ids, facts that one event tells twice).
"""

from __future__ import annotations

from collections.abc import Mapping

from .relations import (
    Check,
    adds_up,
    among,
    between,
    changes,
    counts,
    differ,
    equal,
    form,
    full_name,
    in_order,
    lasts,
)  # fmt: skip

NOW = "event_ts"
OBJECT = "payload.object"
ID22, UUID, EIGHT = r"[A-Za-z0-9_-]{22}", r"[A-Za-z0-9+/]{22}==", r"[1-9]\d{7}"
EMAIL = r"[a-z]+\.[a-z]{12}@example\.(com|org|net)"
COUNTRIES = ("US", "CA", "AU")
COMMON: tuple[Check, ...] = (
    form("payload.account_id", ID22),
    form(f"{OBJECT}.host_id", ID22),
    form("payload.operator", EMAIL),
    equal(NOW, "payload.time_stamp", "time_stamp"),
    form("event_ts", r"\d{13}"),
)
MEETING = (
    *COMMON,
    form(f"{OBJECT}.id", r"[1-9]\d{10}"),
    form(f"{OBJECT}.uuid", UUID),
)
PLANNED = (
    *MEETING,
    in_order(NOW, f"{OBJECT}.start_time"),
    among(f"{OBJECT}.duration", (30, 45, 60, 90)),
    in_order(f"{OBJECT}.start_time", f"{OBJECT}.recurrence.end_date_time"),
    form(f"{OBJECT}.occurrences.*.occurrence_id", r"\d{13}"),
    between(f"{OBJECT}.recurrence.monthly_day", 1, 31),
    among(f"{OBJECT}.recurrence.weekly_days", tuple("1234567")),
    form(f"{OBJECT}.settings.meeting_invitees.*.email", EMAIL),
)
LASTED = (
    *MEETING,
    in_order(f"{OBJECT}.start_time", f"{OBJECT}.end_time", NOW),
    lasts(f"{OBJECT}.duration", f"{OBJECT}.start_time", f"{OBJECT}.end_time", 60),
)
_GUEST = f"{OBJECT}.participant"
ATTENDED = (
    *MEETING,
    form(f"{_GUEST}.user_id", EIGHT),
    form(f"{_GUEST}.id", rf"({ID22})?"),
    equal(f"{_GUEST}.id", f"{_GUEST}.participant_user_id"),
    form(f"{_GUEST}.registrant_id", rf"({ID22})?"),
    form(f"{_GUEST}.email", EMAIL),
    in_order(f"{OBJECT}.start_time", f"{_GUEST}.join_time", f"{_GUEST}.leave_time", NOW),
    in_order(f"{OBJECT}.start_time", f"{_GUEST}.date_time", NOW),
)
_REGISTRANT = f"{OBJECT}.registrant"
REGISTERED = (
    *PLANNED,
    form(f"{_REGISTRANT}.id", ID22),
    form(f"{_REGISTRANT}.email", EMAIL),
    among(f"{_REGISTRANT}.country", COUNTRIES),
    form(f"{_REGISTRANT}.phone", r"\+1\d{3}55501\d\d"),
    differ(f"{_REGISTRANT}.first_name", f"{_REGISTRANT}.last_name"),
)
_FILES = f"{OBJECT}.recording_files.*"
RECORDED = (
    *MEETING,
    equal(f"{OBJECT}.uuid", f"{_FILES}.meeting_id"),
    equal("payload.account_id", f"{OBJECT}.account_id"),
    in_order(f"{OBJECT}.start_time", f"{_FILES}.recording_start", f"{_FILES}.recording_end", NOW),
    lasts(f"{OBJECT}.duration", f"{_FILES}.recording_start", f"{_FILES}.recording_end", 60),
    counts(f"{OBJECT}.recording_count", f"{OBJECT}.recording_files"),
    adds_up(f"{OBJECT}.total_size", f"{_FILES}.file_size"),
    among(f"{OBJECT}.participant_audio_files.*.file_type", ("M4A",)),
    form(f"{_FILES}.download_url", r"https://us06web\.zoom\.example/rec/webhook_download/\w+"),
    form(f"{OBJECT}.password", r"[A-Za-z0-9@$*!&#%-]{8}"),
    form(f"{OBJECT}.recording_play_passcode", r"[\w-]{32}"),
)
GOING_ON = (
    *MEETING,
    in_order(f"{OBJECT}.start_time", f"{OBJECT}.recording_file.recording_start", NOW),
    among(f"{OBJECT}.recording_file.recording_end", ("",)),
)
USER = (
    *COMMON,
    form(f"{OBJECT}.id", ID22),
    form(f"{OBJECT}.email", EMAIL),
    full_name(f"{OBJECT}.first_name", f"{OBJECT}.last_name", f"{OBJECT}.display_name"),
    in_order(f"{OBJECT}.date_time", NOW),
)
_CALLER, _CALLEE = f"{OBJECT}.caller", f"{OBJECT}.callee"
CALL = (
    *COMMON,
    form(f"{OBJECT}.call_id", r"[1-9]\d{18}"),
    *(
        differ(f"{_CALLER}.{name}", f"{_CALLEE}.{name}")
        for name in ("user_id", "name", "phone_number", "extension_number", "extension_id",
                     "device_id")
    ),
    form(f"{_CALLER}.phone_number", r"\+1\d{3}55501\d\d"),
    form(f"{_CALLEE}.extension_number", r"\d{5}"),
    in_order(f"{OBJECT}.ringing_start_time", f"{OBJECT}.answer_start_time",
             f"{OBJECT}.connected_start_time", f"{OBJECT}.call_end_time", NOW),
)  # fmt: skip
_LOGS = f"{OBJECT}.call_logs.*"
LOGGED = (
    *COMMON,
    form(f"{_LOGS}.call_id", r"[1-9]\d{18}"),
    differ(f"{_LOGS}.caller_name", f"{_LOGS}.callee_name"),
    differ(f"{_LOGS}.caller_did_number", f"{_LOGS}.callee_did_number"),
    among(f"{_LOGS}.caller_country_iso_code", COUNTRIES),
    among(f"{_LOGS}.callee_country_code", ("1",)),
    in_order(f"{_LOGS}.start_time", f"{_LOGS}.answer_start_time", f"{_LOGS}.call_end_time", NOW),
    in_order(f"{_LOGS}.start_time", f"{_LOGS}.answer_time", f"{_LOGS}.end_time", NOW),
    lasts(f"{_LOGS}.duration", f"{_LOGS}.answer_start_time", f"{_LOGS}.call_end_time", 1),
)
_TAPES = f"{OBJECT}.recordings.*"
SESSION = (
    *COMMON,
    equal(f"{OBJECT}.id", f"{OBJECT}.session_id"),
    in_order(f"{OBJECT}.start_time", f"{OBJECT}.user.join_time", f"{OBJECT}.user.leave_time",
             f"{OBJECT}.end_time", NOW),
    in_order(f"{_FILES}.recording_start", f"{_FILES}.recording_end", NOW),
    counts(f"{OBJECT}.recording_count", f"{OBJECT}.recording_files"),
)  # fmt: skip
_UPDATED = changes(OBJECT, "payload.old_object", "id", "uuid", "host_id")

TABLE: Mapping[str, tuple[Check, ...]] = {
    "meeting.created": PLANNED,
    "meeting.updated": (*PLANNED, _UPDATED),
    "meeting.deleted": PLANNED,
    "meeting.started": MEETING,
    "meeting.ended": LASTED,
    "meeting.alert": MEETING,
    "meeting.participant_joined": ATTENDED,
    "meeting.participant_left": ATTENDED,
    "meeting.participant_admitted": ATTENDED,
    "meeting.participant_joined_waiting_room": ATTENDED,
    "meeting.participant_left_waiting_room": ATTENDED,
    "meeting.participant_put_in_waiting_room": ATTENDED,
    "meeting.participant_joined_breakout_room": ATTENDED,
    "meeting.participant_left_breakout_room": ATTENDED,
    "meeting.participant_role_changed": (
        *ATTENDED,
        form(f"{_GUEST}.participant_uuid", r"[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}"),
    ),
    "meeting.participant_jbh_joined": MEETING,
    "meeting.participant_jbh_waiting": MEETING,
    "meeting.registration_created": REGISTERED,
    "meeting.registration_approved": REGISTERED,
    "meeting.registration_cancelled": REGISTERED,
    "meeting.registration_denied": REGISTERED,
    "meeting.sharing_started": ATTENDED,
    "meeting.sharing_ended": ATTENDED,
    "meeting.live_streaming_started": COMMON,
    "meeting.chat_message_sent": COMMON,
    "meeting.summary_completed": COMMON,
    "meeting.rtms_started": COMMON,
    "meeting.rtms_stopped": COMMON,
    "recording.started": GOING_ON,
    "recording.paused": GOING_ON,
    "recording.resumed": GOING_ON,
    "recording.stopped": (
        *MEETING,
        in_order(f"{OBJECT}.start_time", f"{OBJECT}.recording_file.recording_start",
                 f"{OBJECT}.recording_file.recording_end", NOW),
    ),
    "recording.completed": RECORDED,
    "recording.transcript_completed": RECORDED,
    "recording.trashed": RECORDED,
    "recording.deleted": RECORDED,
    "recording.recovered": RECORDED,
    "recording.renamed": (
        *COMMON, changes(OBJECT, "payload.old_object", "id", "uuid", "host_id", always=("type",)),
    ),
    "webinar.created": PLANNED,
    "webinar.updated": (*PLANNED, _UPDATED),
    "webinar.deleted": PLANNED,
    "webinar.started": MEETING,
    "webinar.ended": LASTED,
    "webinar.participant_joined": ATTENDED,
    "webinar.participant_left": ATTENDED,
    "webinar.registration_created": REGISTERED,
    "webinar.registration_approved": REGISTERED,
    "user.created": USER,
    "user.updated": (*USER, _UPDATED),
    "user.activated": USER,
    "user.deactivated": USER,
    "user.deleted": USER,
    "user.disassociated": USER,
    "user.invitation_accepted": USER,
    "user.signed_in": USER,
    "user.signed_out": USER,
    "user.presence_status_updated": USER,
    "user.settings_updated": (*COMMON, changes(OBJECT, "payload.old_object", "id")),
    "phone.callee_ringing": CALL,
    "phone.callee_answered": CALL,
    "phone.callee_ended": CALL,
    "phone.callee_missed": CALL,
    "phone.caller_connected": CALL,
    "phone.caller_ended": CALL,
    "phone.callee_call_log_completed": LOGGED,
    "phone.caller_call_log_completed": LOGGED,
    "phone.callee_call_history_completed": LOGGED,
    "phone.recording_completed": (
        *COMMON,
        form(f"{_TAPES}.call_id", r"[1-9]\d{18}"),
        differ(f"{_TAPES}.caller_number", f"{_TAPES}.callee_number"),
        differ(f"{_TAPES}.caller_name", f"{_TAPES}.callee_name"),
    ),
    "phone.voicemail_received": (
        *COMMON,
        differ(f"{OBJECT}.caller_number", f"{OBJECT}.callee_number"),
        differ(f"{OBJECT}.caller_user_id", f"{OBJECT}.callee_user_id"),
    ),
    "session.started": SESSION,
    "session.ended": SESSION,
    "session.user_joined": SESSION,
    "session.user_left": SESSION,
    "session.recording_started": SESSION,
    "session.recording_completed": SESSION,
}  # fmt: skip
