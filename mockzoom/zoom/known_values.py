"""Texts that stand in fields whose schema lists none: what Zoom's examples and guides show.

Each row has the name of a field (a pattern, in lower case with underscores), its values, and
patterns for its object and its event, which may be empty. `mockzoom.zoom.fields` asks the rows in
this order. An entity set takes one of the values, the same in all of its events.
"""

from __future__ import annotations

from typing import TypeAlias

Row: TypeAlias = tuple[str, tuple[str, ...], str, str]
"""Name, values, object, event."""

_YES_OR_NO = ("true", "false")
_SETTINGS = "settings|telephony_regions|recording_storage_location|in_meeting|schedule_meeting|tsp"
_PHONE = r"phone\..*"
_NODE = r"node\..*"
_QOS = r"phone\..*qos.*|.*_qos.*"
_RECORDED = r"recording_files?|participant_video_files|archive_files"
_TRANSCRIBED = r"recording\.transcript_completed"

KNOWN_VALUES: tuple[Row, ...] = (
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
"""Fields without a list in their schema, and the texts that stand there."""

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
