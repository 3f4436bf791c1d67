"""What the names of fields mean in Zoom's events: tables, which `mockzoom.synth` turns into values.

The first row that knows a name decides; a name that no row knows is judged by its example, then by
its description. A row's value is one of `mockzoom.zoom.field_values`. Names are patterns, in lower
case with underscores; the patterns for a field's object and event may be empty. Facts (kinds of
ids, texts) are those of Zoom's event documents and of captured deliveries.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from mockzoom.zoom.entities import KINDS
from mockzoom.zoom.field_values import (
    CONCURRENCY_LIMIT,
    By,
    FieldRow,
    Id,
    OneOf,
    Text,
    Value,
    WholeNumber,
    field,
)
from mockzoom.zoom.moments import NOW, PLANNED, PLANNED_END

_YES_OR_NO = ("true", "false")
_SETTINGS = "settings|telephony_regions|recording_storage_location|in_meeting|schedule_meeting|tsp"
_PHONE = r"phone\..*"
_NODE = r"node\..*"
_QOS = r"phone\..*qos.*|.*_qos.*"
_RECORDED = r"recording_files?|participant_video_files|archive_files"
_TRANSCRIBED = r"recording\.transcript_completed"

KNOWN_VALUES: tuple[tuple[str, tuple[str, ...], str, str], ...] = (
    # A recording that goes on has no end (example of 2019).
    ("recording_end", ("",), "", r"recording\.(started|paused|resumed)"),
    # files
    ("file_type", ("TRANSCRIPT",), "recording_files", _TRANSCRIBED),
    ("file_extension", ("VTT",), "recording_files", _TRANSCRIBED),
    ("file_type|file_extension", ("M4A",), "participant_audio_files", ""),
    ("file_type|file_extension", ("MP4",), _RECORDED, ""),
    ("file_type", ("PDF", "PNG"), "chat_message_file", ""),
    ("type", ("PNG", "PDF"), "attachments", ""),
    ("type", ("image",), "files", ""),
    ("(free|plan)_storage|storage_(used|exceed)", ("1 GB", "5 GB"), "", ""),
    ("plan_type", ("cmr_monthly_commitment_40", "cmr_monthly_commitment_100"), "", ""),
    # ids that are names
    ("setting_id", ("timezone", "locale"), "", r"calendar\..*"),
    ("harddisk_id", ("Disk01", "Disk02"), "", ""),
    ("client_id", ("ABCDEFGHIJKLMNOPQRST!V",), "", "app_deauthorized"),
    # people
    ("role", ("Member", "Admin"), "object|old_object", r"user\..*"),
    ("(.*_)?(department|dept)|cost_center|.*_cost_center", ("Sales", "Support"), "", ""),
    ("company|org|industry|cnam", ("Example Company", "Example Works"), "", ""),
    ("job_title", ("Engineer", "Manager"), "", ""),
    ("field", ("Department", "Project"), "tracking_fields", ""),
    ("value", ("Sales", "Support"), "tracking_fields", ""),
    ("value", ("Yes, please.", "Not this time."), "custom_questions", ""),
    ("label", ("Opening", "Next steps"), "summary_details", ""),
    # places, languages
    ("address_line2", ("Suite 100", "Floor 2"), "", ""),
    ("(.*_)?location", ("San Jose", "Berlin"), "call_logs|forwarded_(by|to)|data", ""),
    ("location", ("San Jose - US", "Frankfurt - DE"), "server", _NODE),
    ("gps", ("37.3303,-121.8885", "52.5200,13.4050"), "", ""),
    ("(.*_)?country_code", ("1",), "call_logs", ""),
    ("country_name", ("United States", "Germany"), "", ""),
    ("name", ("United States", "Germany"), "selected_countries", ""),
    ("name", ("Pacific Time", "Central European Time"), "time_zone", ""),
    ("call_out_countries|allowed_values|selection_values|value", ("US", "DE"), _SETTINGS, ""),
    ("language", ("en-US", "de-DE"), "", ""),
    ("languages", ("US,FR", "US,DE"), "interpreters", ""),
    ("interpreter_languages", ("English,French", "English,German"), "", ""),
    ("custom_languages", ("Welsh", "Basque"), "", ""),
    ("sign_language", ("American", "British"), "", ""),
    ("weekly_days", tuple("1234567"), "", ""),
    # phone
    ("handup_result", ("No Answer",), "", r"phone\.\w+_missed"),
    ("handup_result", ("Rejected",), "", r"phone\.\w+_rejected"),
    ("handup_result|result", ("Call connected",), "object|call_logs", _PHONE),
    ("(.*_)?device_type", ("MAC_CLIENT(5.17.11.31580)", "WIN_CLIENT(5.17.11.34827)"), "", _PHONE),
    ("recording_type", ("OnDemand", "Automatic"), "", _PHONE),
    ("type", ("user",), "owner", ""),
    ("extension_type", ("user", "callQueue"), "", ""),
    ("path", ("extension", "callQueue"), "call_logs", ""),
    ("(park_)?failure_reason", ("Timeout", "Not reachable"), "", _PHONE),
    ("alias", ("Front desk", "Support line"), "shared_line", ""),
    ("outbound_proxy", ("sip1.zoom.example:5091",), "", ""),
    ("secondary_outbound_proxy", ("sip2.zoom.example:5091",), "", ""),
    ("code", ("1", "2"), "numbers|dial_in_numbers|call_queue_opt_out_reasons_list", ""),
    ("min", ("1.0",), "feedback_mos", ""),
    ("max", ("3.5",), "feedback_mos", ""),
    # settings
    ("pstn_password_protected|large_meeting", _YES_OR_NO, "settings|schedule_meeting", ""),
    ("format_attr", ("https://live.example/plan", "https://live.example/list"), "rich_text", ""),
    ("current_value", ("Open", "Closed"), "", ""),
    ("editable", _YES_OR_NO, "items", ""),
    ("audio_type", ("both", "telephony", "voip", "thirdParty"), "schedule_meeting", ""),
    ("entry_exit_chime", ("host", "all", "none"), "in_meeting", ""),
    ("ports_range", ("8801-8810", "8801-8900"), "in_meeting|in_session", ""),
    ("retention_period.*", ("2m", "1y"), "", ""),
    ("allow_users_to_search_others_options", ("1,3", "1,2"), "", ""),
    ("(approved|denied)_list", ("CX", "CA"), "", ""),
    ("tsp_bridge", ("US_TSP_TB", "EU_TSP_TB"), "", ""),
    ("audio_conference_info", ("Dial 1 for the host.", "Dial 2 for the host."), "", ""),
    ("keywords", ("confidential", "internal"), "policies", ""),
    ("regular_expression", ("[0-9]{16}", "[A-Z]{2}[0-9]{6}"), "policies", ""),
    ("ip_addresses_or_ranges", ("198.51.100.0/24", "192.0.2.0/24"), "", ""),
    ("mac_address|bssid", ("00:00:5E:00:53:01", "00:00:5E:00:53:02"), "", ""),
    (
        ".*domains?(_for_.*|_list)?", ("example.com", "example.org"),
        "settings|object|old_object|meeting_security|schedule_meeting|waiting_room_settings"
        "|chat_email_address|sip_accounts|signin_with_sso", "",
    ),
    # machines, quality
    ("zone", ("Zone 1", "Zone 2"), "service|object", _NODE),
    ("group", ("Node group 1", "Node group 2"), "server", _NODE),
    ("os_image", ("Ubuntu22.04-20240411024129", "AlmaLinux8.5-20221111131438"), "server", _NODE),
    ("version", ("5.0.20240112.69", "6.0.20241011.12"), "service", _NODE),
    ("os", ("Windows 11", "macOS 14.5"), "", ""),
    ("network", ("Wifi", "Wired"), "details", ""),
    ("quality_score", ("good", "fair"), "details", ""),
    ("resolution", ("1280*720", "640*360"), "details", ""),
    ("resolution", ("720p", "1080p"), "custom_live_streaming_settings", ""),
    ("post_platform", ("X", "Facebook"), "", ""),
    ("type", ("single", "text"), "list", r"workspace\..*"),
    ("type", ("message", "section"), "body", ""),
    *(
        (f"(.*_)?{name}", (value,), "", _QOS)
        for name, value in (
            ("min_bitrate", "27 kbps"), ("avg_bitrate", "42 kbps"), ("max_bitrate", "63 kbps"),
            ("bitrate", "42 kbps"), ("min_(latency|jitter)", "4 ms"),
            ("avg_(latency|jitter)", "9 ms"), ("max_(latency|jitter)", "21 ms"),
            ("latency|(.*_)?jitter", "9 ms"), ("min_loss", "0.0%"), ("avg_loss", "0.2%"),
            ("max_loss", "1.5%"), ("loss", "0.2%"), ("min_frame_rate", "15 fps"),
            ("avg_frame_rate", "24 fps"), ("max_frame_rate", "30 fps"), ("frame_rate", "24 fps"),
            ("min_cpu_usage", "3%"), ("avg_cpu_usage", "11%"), ("max_cpu_usage", "38%"),
        )
    ),
)  # fmt: skip
"""Fields without a list in their schema, and their texts; each set of entities takes one."""

EVENTS_VALUES: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("recording_type", r"(recording|session)\.(recording_)?transcript_completed",
     ("audio_transcript",)),
)  # fmt: skip
"""Fields whose schema lists more values than an event has: names, events, what these have."""

FIRST_VALUES: tuple[tuple[str, str, tuple[int | str, ...]], ...] = (
    ("/payload/object/type", r"(meeting|recording)\..*", (2, "2")),
)
"""Fields whose schema lists values in another order in each event: pointer, events, the usual ones.

A meeting is scheduled, in the events about its recording, too.
"""

_CHAT = r"(team_chat|chat_channel|chat_message)\..*"
_ITEMS_OF_EVENTS = (
    "(event|session|hub|channel|(external_)?ticket|ticket_type|exhibitor|speaker|registration)_id"
)
_NEW_FILES = r"recording\.transcript_completed|session\.recording_(transcript|summary)_.*"
OWN_IDS: tuple[tuple[str, str, str, str, str], ...] = (
    # chat
    ("channel_id", "hex32", "channel{item}", "", _CHAT),
    ("id", "hex32", "channel", "object", r"(team_chat\.channel_|chat_channel\.).*"),
    ("id", "dashed", "message", "object", r"chat_message\..*"),
    ("message_id|msg_id", "dashed", "message", "", _CHAT),
    ("reply_main_message_id|parent_msg_id", "dashed", "message.parent", "", _CHAT),
    (
        "session_id",
        "id22",
        "{space}.{name}",
        "",
        r"(team_chat|chat_message|cobrowse|whiteboard|phone)\..*",
    ),
    # phone: what its events speak of
    ("id", "id22", "recordings{item}", "object|recordings", r"phone\.recording_.*"),
    ("recording_id", "id22", "recordings{item}", "", r"phone\..*"),
    ("id", "id22", "voice_mails{item}", "object|voice_mails", r"phone\.voicemail_.*"),
    ("voicemail_id", "id22", "voice_mails{item}", "", r"phone\..*"),
    ("id", "id22", "call_history{item}", "call_logs", r"phone\..*history.*"),
    ("call_history_id", "id22", "call_history{item}", "", r"phone\..*"),
    ("call_log_id", "id22", "call_logs{item}", "", r"phone\..*"),
    # recordings: a transcript is another file than those that were completed before
    ("id", "dashed", "{event}{item}", "recording_files", _NEW_FILES),
    # others
    ("id", "dashed", "server{item}", "server", r"node\..*"),
    ("udid", "hex64", "server{item}", "server", r"node\..*"),
    ("id", "dashed", "service{item}", "service", r"node\..*"),
    ("friendly_task_id", "key6", "task", "", ""),
    ("task_id", "id22", "task", "", ""),
    ("(zoom_)?meeting_id", "meeting_digits", "meeting", "", r"scheduler\..*"),
    (_ITEMS_OF_EVENTS, "alnum19", "{name}", "", r"zoom_events\..*"),
)
"""Ids by the names of their fields: kind and role, and patterns for object and event.

The first row that fits decides; roles are templates (`Id`). Two events about
one thing name it alike, whatever ids their examples have.
"""

_MET = r"(meeting|webinar)\..*"
_PEOPLE = (
    "user|host|inviter|invitee|participant|display|operator|owner|from|callee|caller|visitor"
    "|contact|agent|consumer|speaker|creator|registrant|evaluator|sender|recipient"
)

STRINGS: tuple[FieldRow, ...] = (
    field("event", By("event")),
    *(field(name, OneOf(values), parent, event) for name, values, parent, event in KNOWN_VALUES),
    # The recording's file names its meeting by UUID (captured, 2025).
    field("meeting_id", Id("uuid", "meeting"), "recording_files?", r"recording\..*"),
    field("meeting_uuid", Id("uuid", "meeting{item}"), "meetings"),
    *(field(name, Id(kind, role), parent, event) for name, kind, role, parent, event in OWN_IDS),
    *(
        field(name, Id(kind, owner.owner))
        for owner in KINDS
        for name, kind in owner.fields.items()
    ),
    # A guest who is not signed in has no id; user_id has eight digits (captured, 2020 and 2021).
    field("id|participant_user_id", Id("id22", "{person}", may_be_empty=True), "participant",
           _MET),
    field("bind_user_id", Id("user_digits", "bound"), "participants?", _MET),
    field("user_id|participant_id", Id("user_digits", "{person}"), "participants?", _MET),
    field("registrant_id", Id("id22", "{person}.registrant", may_be_empty=True), "participant"),
    field("id", Id("id22", "{person}.registrant"), "registrant"),
    # Hexadecimal with dashes, upper case (captured, 2025).
    field("participant_uuid", Id("guid_upper", "{person}.uuid"),
           event=r"(meeting|webinar)\.participant_role_changed"),
    field("id", By("object-id")),
    field("uuid", By("object-uuid")),
    field("(account|host|operator|owner|creator)_id", Id("id22", "{stem}")),
    field("(user|participant)_id", By("person-id")),
    field("(.*_)?(host|owner|operator|caller|callee|agent|contact|evaluator|sender)(_user)?_id",
           Id("id22", "{person}")),
    field("(.*_)?member_id", Id("member", "{person}.member")),
    field("(.*_)?collaborator_id", Id("id22", "{person}.collaborator")),
    field("participant_uuid|participant_user_uuid", By("participant-uuid")),
    field("message_id", Id("uuid", "{parent}.message")),
    field("stream_id|session_key|stream_key", Id("alnum12", "{name}", is_shown=True)),
    field("(customer|user)_key", Id("alnum12", "{person}.key")),
    field("key", Id("alnum12", "{parent}{item}"), "custom_attributes"),
    field("authentication_option", Id("id22", "{name}")),
    field("occurrence_id", By("occurrence")),
    field("meeting_uuids", Id("uuid", "{name}{item}")),
    field(".*_ids", Id("id22", "{name}{item}", is_shown=True)),
    field(".*(?<![a-z])jid", By("chat-id")),
    field("alternative_hosts", Id("email", "{name}")),
    field(".*(email|email_address)|operator|acl_id", Id("email", "{person}")),
    field("extension_number|.*_ext_number", Id("extension_digits", "{person}.extension")),
    field("number", Id("phone_plus", "{parent}{item}.phone"), "numbers|dial_in_numbers"),
    field("address|address_line1|city|state|state_code|zip|(.*_)?country(_iso_code|_code)?",
           By("address")),
    field(".*phone.*|.*_number|dnis|ani|caller_id", By("phone")),
    field("leave_reason", By("leave-reason")),
    field("server_urls?", By("server-urls")),
    field("call_type", By("call-type")),
    field("download_token", By("download-token"), event=r"recording\..*"),
    field("download_(access_)?token", Id("jwt", is_new=True)),
    field("authorized_channel_token", Id("alnum19", "{name}")),
    # A captured recording of 2025 has eight characters, and 32 for its page.
    field("password", Id("password8"), event=r"recording\..*"),
    field("recording_play_passcode", Id("base64url32")),
    field(".*(passcode|password)|.*_pwd", Id("passcode")),
    field("pmi|.*personal_meeting_id", Id("pmi_digits", "{person}.pmi")),
    field("(host|client|park)_(key|code)|(.*_)?pin(_code)?|conference_code",
           Id("key6", is_shown=True)),
    field(".*(_ip|_ip_address|ip_address)|ip", Id("ipv4")),
    # An instant meeting has no time zone (captured, 2020 and 2025).
    field("timezone", Id("zone", "timezone", may_be_empty=True), "object",
           r"meeting\.participant_.*|recording\.completed"),
    field("(.*_)?time_?zone", Id("zone", "timezone")),
    field("encryption_fingerprint", Id("hex32", "{parent}{item}.print")),
    field(".*url|.*uri|.*link|.*href|urls|links", By("url")),
    field("file_path", By("file-path")),
    field("file_name", By("file-name")),
    field("start_time", By("occurrence-start"), "occurrences"),
    field("(.*_)?date", By("date")),
    field(".*_(time|at|date_time|datetime)|date_time|recording_(start|end)|timestamp|datetime",
           By("time")),
    field("(.*_)?first_name", Text("given", "{person}")),
    field("(.*_)?last_name", Text("family", "{person}")),
    field(f"(.*_)?({_PEOPLE})_name|username|attendee", Text("people", "{person}")),
    field("name", Text("titles", "channel"), "object", r"(chat_channel|team_chat\.channel_).*"),
    field("name", By("name")),
    field("meeting_topic|webinar_topic|summary_title", Text("titles", "topic")),
    field(".*_name|topic|title|subject", By("title")),
    field("(.*_)?(content|overview|next_steps|instructions)|summary_details",
           Text("sentences", "{path}")),
    field(".*description|agenda|comments?|notes?|message|text|question|answer|summary|caption",
           Text("sentences", "{path}")),
)  # fmt: skip
"""Fields whose value is text."""

NUMBERS: tuple[FieldRow, ...] = (
    field("event_ts|time_stamp", By("instant")),
    field("id", By("object-id")),
    *(
        field(name, Id(kind, owner.owner))
        for owner in KINDS
        for name, kind in owner.numbers.items()
    ),
    field("user_id|participant_id", Id("user_number", "{person}")),
    field("extension_number|.*_ext_number", Id("extension_number", "{person}.extension")),
    field("from_number|to_number", Id("phone_number", "{name}.phone")),
    field(".*phone.*", Id("phone_number", "{person}.phone")),
    field("pmi", Id("pmi_number", "{person}.pmi")),
    field("(.*_)?pin_code", WholeNumber(100_000, 999_999)),
    field("concurrency_limit", OneOf((CONCURRENCY_LIMIT,))),
    field("concurrency_number", By("concurrency")),
    field("percentage|percent", By("concurrency-percent"), event=".*concurrency.*"),
    field("(.*_)?(percent|percentage|ratio|score)", WholeNumber(1, 100)),
    field("monthly_day", WholeNumber(1, 31)),
    field("repeat_interval", WholeNumber(1, 4)),
    field("end_times", WholeNumber(2, 20)),
    field("min_port", WholeNumber(1024, 32_767)),
    field("(max_)?port|.*_port", WholeNumber(32_768, 65_535)),
    field("min_rssi", WholeNumber(-90, -80)),
    field("avg_rssi", WholeNumber(-70, -60)),
    field("max_rssi", WholeNumber(-50, -40)),
    field("min(_.*)?", WholeNumber(1, 9)),
    field("avg(_.*)?", WholeNumber(10, 19)),
    field("max(_.*)?", WholeNumber(20, 40)),
    field("start_position", WholeNumber(0, 9)),
    field("end_position", WholeNumber(10, 20)),
    field("dscp_.*", WholeNumber(0, 63)),
    field("(.*_)?capacity", OneOf((100, 300, 500, 1000))),
    field("number_type", WholeNumber(1, 2)),
    field("(hold|wait|waiting|talk)_time", WholeNumber(1, 60)),
    field("(.*_)?duration|duration_in_second", By("duration")),
    field(".*(_time|_ts|timestamp|_at|_date)|time|date|recording_(start|end)", By("time")),
    field(".*size", WholeNumber(10_000, 50_000_000)),
    field(".*count|total.*|.*_num", WholeNumber(1, 9)),
)
"""Fields whose value is a number."""

DESCRIBED: tuple[tuple[re.Pattern[str], Value], ...] = (
    (re.compile(r"UUID|universally unique"), Id("uuid")),
    (re.compile(r"\be-?mail address"), Id("email", "{person}")),
    (re.compile(r"\bURL\b"), By("url")),
    (re.compile(r"\bIP address"), Id("ipv4")),
    (re.compile(r"\b(unique )?(ID|identifier)\b"), Id("id22")),
    (re.compile(r"\btime zone|\btimezone"), Id("zone", "timezone")),
)
"""What a description says that no name does."""
ENDINGS: Mapping[str, str] = {"id": "id22", "uuid": "uuid", "key": "alnum12", "token": "alnum19"}
"""The last word of a name that nothing else knows, and its kind of id."""

_AHEAD = (
    r"(meeting|webinar)\.(created|updated|deleted|permanently_deleted|recovered|registration_\w+"
    r"|invitation_\w+)|(workspace|scheduler|zoom_events|visitor_management)\..*"
)
"""Events about something that is scheduled."""
TIMES: tuple[tuple[re.Pattern[str], re.Pattern[str], str], ...] = tuple(
    (re.compile(name), re.compile(event), moment)
    for name, event, moment in (
        (r"start_(date_)?time", _AHEAD, PLANNED),
        (r"end_(date_)?time", _AHEAD, PLANNED_END),
        (r"end_date_time", r".*", PLANNED_END),
        (r"summary_last_modified_time", r"meeting\.summary_(completed|updated)", NOW),
        (r"summary_last_modified_time", r".*", "summary_changed"),
        (r"summary_created_time", r".*", "summary"),
        (r"message_timestamp|msg_time", r".*", "start"),
        (r"date_time", r"phone\..*(log|history|qos).*", "start"),
        (r"date_time", r"phone\.recording_\w*completed.*", "recording_start"),
        (r"end_time", r"phone\.recording_.*", "recording_end"),
        (r"ringing_start_time", r"phone\.emergency_alert", NOW),
        (r".*answer.*|connected_start_time", r".*", "answer"),
        (r"(.*_)?(recording|record|file|archive|share|sharing|stream)\w*_(start|begin).*", r".*",
         "recording_start"),
        (r"(.*_)?(recording|record|file|archive)\w*_(end|stop).*", r".*", "recording_end"),
        (r".*(creat|schedul|regist|publish|start|begin|began).*", r".*", "start"),
        (r".*(join|admit|enter).*", r".*", "join"),
        (r".*(updat|modif|chang|last).*", r".*", "changed"),
        (r".*leave.*|.*left.*", r".*", "leave"),
        (r".*(end|stop|finish|complet).*", r".*", "end"),
    )
)  # fmt: skip
"""Which moment (`mockzoom.zoom.moments`) a time is, by the names of its field and its event."""


def moment_of_field(name: str, event: str) -> str:
    """Return the moment that a time field of an event holds."""
    for names, events, moment in TIMES:
        if names.fullmatch(name) and events.fullmatch(event):
            return moment
    return NOW
