"""The rules: stable ids, and for each what it means, why it matters, and how to mend it."""

from __future__ import annotations

from collections.abc import Mapping

from mockzoom.model import Rule

_LIST = (
    Rule(
        "MZ101", "not-acknowledged", "error",
        "a valid contract event is answered 4xx or 5xx",
        "Zoom never retries after a 4xx, so the event is lost for good; after a 5xx it is retried"
        " 5, 25 and 85 minutes later and then given up.",
        "Answer 200 or 204 to every event whose signature is right, handled or not; keep what cannot"
        " be processed and look at it later.",
    ),
    Rule(
        "MZ102", "slow-acknowledgement", "error",
        "no complete answer within 3 s of the request fully sent",
        "Zoom counts a delivery as failed after 3 seconds and delivers it again, so slow work is done"
        " up to four times.",
        "Answer first and work afterwards: put the event into a queue, a thread or a task.",
    ),
    Rule(
        "MZ103", "no-response", "error",
        "the connection is refused, reset or closed without an answer",
        "For Zoom this is a failed delivery; if it goes on, all retries fail and the event is lost.",
        "Look for a crashed worker, a proxy that cuts connections, or a body that is never read.",
    ),
    Rule(
        "MZ104", "redirected", "error",
        "the answer is a 3xx",
        "Zoom follows no redirect and never retries after one: the event is lost.",
        "Register the final URL with Zoom (scheme, host and trailing slash), or answer at this one.",
    ),
    Rule(
        "MZ105", "unusual-success", "warning",
        "the answer is a 2xx other than 200 and 204",
        "Zoom documents 200 and 204 as success; others are unspecified on a first attempt.",
        "Answer 200 or 204.",
    ),
    Rule(
        "MZ107", "unknown-event-refused", "error",
        "a genuine event of an unknown type gets no 2xx",
        "Subscriptions gain event types without notice; a 4xx loses them and a 5xx (501 is frequent)"
        " makes Zoom retry each of them three times.",
        "Acknowledge event types that you do not handle with 200 or 204, and ignore them.",
    ),
    Rule(
        "MZ108", "new-field-refused", "error",
        "a genuine event with an additional field gets no 2xx",
        "Zoom adds fields, even required ones, without changing the version: three times in RTMS"
        " within a year.",
        "Ignore fields that you do not know: no `additionalProperties: false`, no `extra=\"forbid\"`.",
    ),
    Rule(
        "MZ109", "documented-variant-refused", "warning",
        "a genuine event with the other documented value gets no 2xx",
        "Zoom's documents contradict themselves in places (example against schema, description"
        " against enum); a receiver may meet either reading.",
        "Accept both readings of the field that is named.",
    ),
    Rule(
        "MZ201", "wrong-secret-accepted", "error",
        "an event signed with another secret gets a 2xx",
        "Anybody who knows the URL can forge events.",
        "Compare x-zm-signature with `v0=` + hex HMAC-SHA256(secret, `v0:{timestamp}:{raw body}`), in"
        " constant time, and answer 401 where they differ.",
    ),
    Rule(
        "MZ202", "unsigned-accepted", "error",
        "an event without a (whole) signature gets a 2xx",
        "Anybody who knows the URL can forge events: a check that is skipped when the header is"
        " missing, empty or cut short is no check.",
        "Refuse with 401 when x-zm-signature is missing, and compare all of it.",
    ),
    Rule(
        "MZ203", "tampered-body-accepted", "error",
        "an event changed after signing gets a 2xx",
        "The signature must cover the bytes that are processed.",
        "Sign the raw request body, all of it, not parts or a copy of it.",
    ),
    Rule(
        "MZ204", "unbound-timestamp-accepted", "error",
        "an event whose timestamp header was changed after signing gets a 2xx",
        "If the header's timestamp is not the signed one, an old delivery can be replayed for ever.",
        "Build the signed message from the x-zm-request-timestamp header itself.",
    ),
    Rule(
        "MZ205", "stale-timestamp-accepted", "warning",
        "a correctly signed event that is 24 hours old gets a 2xx",
        "Whoever has seen one delivery can replay it. (Zoom documents no window; 300 s is usual, and"
        " retries carry a new timestamp.)",
        "Refuse timestamps (epoch seconds) further than five minutes from your clock.",
    ),
    Rule(
        "MZ206", "empty-secret-accepted", "error",
        "an event signed with an empty key gets a 2xx",
        "A missing setting became the key \"\": anybody can sign with that.",
        "Refuse to start without a secret, and never fall back on an empty one.",
    ),
    Rule(
        "MZ207", "canonical-only", "warning",
        "correctly signed bytes in another JSON spelling are refused",
        "The receiver verifies JSON that it has parsed and printed again. That works until a byte is"
        " printed otherwise (white space, escapes, numbers), and then genuine events are refused.",
        "Verify the raw body, before any JSON parser has seen it.",
    ),
    Rule(
        "MZ208", "non-ascii-refused", "error",
        "an event with literal non-ASCII text is refused, and acknowledged with ASCII words",
        "Zoom sends names and topics in UTF-8 without escapes; every meeting with an accent or an"
        " emoji in it would be lost.",
        "Hash the raw UTF-8 bytes: neither decoded as ASCII or Latin-1, nor parsed and printed again with"
        " \\u escapes (then MZ207 fires, too).",
    ),
    Rule(
        "MZ209", "bad-signature-crash", "error",
        "a garbled or missing signature or timestamp header gets 5xx or no answer",
        "Anybody can make the endpoint fail, fill its error log and hide real faults in it.",
        "Treat headers as untrusted: check presence and form, then answer 401.",
    ),
    Rule(
        "MZ210", "forgery-not-refused-cleanly", "warning",
        "a forgery gets another non-2xx than 401 or 403",
        "The delivery is refused, but monitoring cannot tell a forgery from a mistake of your own.",
        "Answer 401 (or 403) where the signature is wrong or missing.",
    ),
    Rule(
        "MZ211", "endpoint-auth-not-enforced", "error",
        "the configured endpoint credentials are missing or wrong, and the answer is a 2xx",
        "Basic, token or custom-header authentication that is not checked protects nothing.",
        "Check the credentials before anything else, and answer 401.",
    ),
    Rule(
        "MZ301", "challenge-unanswered", "error",
        "the URL validation is not answered with 200 and JSON holding both tokens",
        "The URL cannot be saved at Zoom, and after six failures in a row the subscription is"
        " disabled.",
        "Answer `endpoint.url_validation` with 200 and `{\"plainToken\": …, \"encryptedToken\": …}`.",
    ),
    Rule(
        "MZ302", "challenge-wrong-plain-token", "error",
        "`plainToken` in the answer differs from the one sent",
        "Zoom compares it; the validation fails.",
        "Return payload.plainToken as it came, to the last character.",
    ),
    Rule(
        "MZ303", "challenge-wrong-hash", "error",
        "`encryptedToken` is not the right hash",
        "Zoom compares it; the validation fails.",
        "encryptedToken is the lower-case hex HMAC-SHA256 of plainToken under the secret token.",
    ),
    Rule(
        "MZ304", "challenge-slow", "error",
        "no complete answer to the URL validation within 3 s",
        "The validation fails as if there were no answer.",
        "Answer the validation at once; it needs nothing but the secret token.",
    ),
    Rule(
        "MZ305", "challenge-unsigned-answered", "warning",
        "a URL validation without a valid signature is answered correctly",
        "Zoom signs the validation too; who answers it unsigned lets strangers ask for hashes made"
        " with the secret token.",
        "Verify the signature first, of the validation as of any event.",
    ),
    Rule(
        "MZ306", "challenge-signing-oracle", "error",
        "an unsigned URL validation whose plainToken has the form `v0:…:…` is answered with its hash",
        "That hash IS a valid signature: with it a stranger forges any event.",
        "Verify the signature of the validation before answering it.",
    ),
    Rule(
        "MZ401", "error-on-malformed-event", "error",
        "a signed event that breaks its schema gets a 5xx",
        "After a 5xx Zoom delivers the same event three times more, each time with the same error;"
        " the documents contradict themselves, so such events are not imaginary.",
        "Check what you read from an event; answer 400 (or acknowledge and set it aside).",
    ),
    Rule(
        "MZ402", "hang-on-malformed-event", "error",
        "a signed event that breaks its schema gets no answer in time, or a dropped connection",
        "Zoom counts it as failed and delivers it again; a worker is blocked each time.",
        "Find where the handler waits or dies on unexpected data; answer 400 there.",
    ),
    Rule(
        "MZ403", "malformed-event-accepted", "error",
        "with --strict: a signed event that breaks its schema gets a 2xx",
        "Only for receivers that promise to validate: without --strict an acknowledgement is fine.",
        "Validate events against the contract before acknowledging them.",
    ),
    Rule(
        "MZ404", "error-on-malformed-body", "error",
        "a signed body that is no proper JSON object gets a 5xx (a warning for sizes that Zoom never"
        " sends: 1 MB, 10,000 levels, 400 digits)",
        "An exception that nobody catches, reachable with any body that passes the signature check.",
        "Catch the parser's errors (and recursion and number limits), check that the body is an object,"
        " then answer 400.",
    ),
    Rule(
        "MZ405", "hang-on-malformed-body", "error",
        "a signed body that is no proper JSON object gets no answer in time, or a dropped connection",
        "A worker is blocked or lost on each such body.",
        "Catch the parser's errors, then answer 400.",
    ),
    Rule(
        "MZ406", "died", "error",
        "a genuine event that passed before fails after a malformed one",
        "One bad delivery takes the receiver down, or leaves it unable to work: a lock that is held,"
        " a transaction that is open, a process that is gone.",
        "Catch the error where it arises, release locks and transactions in `finally`.",
    ),
    Rule(
        "MZ407", "blocked-by-slow-sender", "warning",
        "one request that comes in slowly keeps others from being answered",
        "A single slow or broken client makes every delivery time out.",
        "Serve requests side by side (threads, workers), or put a proxy that buffers in front.",
    ),
    Rule(
        "MZ501", "duplicate-processed", "error",
        "the same delivery (same request id) twice changes the outcome",
        "Zoom delivers at least once; whoever counts every delivery counts some events twice.",
        "Remember `x-zm-request-id`, which is the same on every retry, and do the work of each id once.",
    ),
    Rule(
        "MZ502", "order-dependent", "error",
        "another arrival order of events that `event_ts` puts in order gives another final state",
        "Zoom guarantees no order: a \"left\" has come a minute after the rejoin, and a retry comes up to"
        " 85 minutes after its event.",
        "Keep the `event_ts` of what is stored, and let an older event never overwrite a newer one.",
    ),
    Rule(
        "MZ503", "lost-response-processed-twice", "error",
        "retried after a lost answer: processed twice",
        "When the answer is lost, or comes after 3 s, Zoom delivers again what was already processed.",
        "Remember the request id together with the work (in one transaction), before answering.",
    ),
    Rule(
        "MZ504", "concurrent-duplicate-processed", "error",
        "the same delivery twice at once: processed twice",
        "A look-up followed by a write is a race: both deliveries find that nobody was there before.",
        "Claim the request id atomically: a UNIQUE constraint, `SET NX`, or a lock around both.",
    ),
    Rule(
        "MZ505", "event-dropped", "error",
        "acknowledged, but no effect by the probe's deadline",
        "Zoom never delivers again what was acknowledged: the event is lost for good.",
        "Acknowledge only what is stored, and mark an id as seen only together with its work.",
    ),
    Rule(
        "MZ510", "expectation-not-met", "error",
        "an answer, or the probed state, is not what the scenario expects",
        "The scenario's author says in `expect` what the receiver has to do at this step.",
        "Mend the receiver, or the scenario: the report names the line that says what is expected.",
    ),
    Rule(
        "MZ601", "never-joined", "error",
        "no signaling handshake within 60 s of an acknowledged start",
        "The stream runs without you; about a minute after the start it is given up, and its media is"
        " lost.",
        "On `*.rtms_started`, open a WebSocket to payload.server_urls and send SIGNALING_HAND_SHAKE_REQ.",
    ),
    Rule(
        "MZ602", "bad-handshake-signature", "error",
        "a handshake carries a wrong signature, or the ids of another stream",
        "The server refuses it with status 3 (or 2), and the stream is never joined.",
        "signature is the lower-case hex HMAC-SHA256 of `client_id,meeting_uuid,rtms_stream_id` under the"
        " client secret (not the webhook's secret token), with the ids as the start names them.",
    ),
    Rule(
        "MZ603", "bad-stream-message", "error",
        "a message on a stream's socket is not JSON, lacks a field or has a wrong type",
        "The server cannot act on it: a handshake fails, a keep-alive counts as unanswered.",
        "Send one JSON object a frame, with the fields and types of the event reference.",
    ),
    Rule(
        "MZ604", "not-ready", "error",
        "no CLIENT_READY_ACK within 10 s of the first media handshake",
        "Media flows only after it; one is enough for all media sockets.",
        "When a media handshake is answered with status 0, send CLIENT_READY_ACK on the signaling socket.",
    ),
    Rule(
        "MZ605", "keep-alive-unanswered", "error",
        "three keep-alives in a row on one socket are not answered",
        "The server takes the connection for lost and interrupts the stream.",
        "Answer every KEEP_ALIVE_REQ with KEEP_ALIVE_RESP and its timestamp, on the signaling socket and"
        " on every media socket, also while you are busy with media.",
    ),
    Rule(
        "MZ606", "duplicate-join", "error",
        "a second signaling handshake for the same stream while the first socket is healthy",
        "It is refused with status 8; two workers that both believe to own a stream do its work twice.",
        "Keep a register of streams by rtms_stream_id, shared by all workers; deliveries are repeated.",
    ),
    Rule(
        "MZ607", "failover-ignored", "error",
        "a second start with other server_urls is not followed",
        "The stream has moved to another server; at the old one it ends.",
        "When a start names other server_urls for a stream that runs, leave the old sockets and join there.",
    ),
    Rule(
        "MZ608", "no-rejoin", "error",
        "the consumer is not back within 60 s of the interruption",
        "The stream ends (reason 19), and the rest of the meeting is lost.",
        "Keep server_urls (the interruption carries none) and shake hands again, signaling first, when the"
        " socket is lost or `*.rtms_interrupted` comes.",
    ),
    Rule(
        "MZ609", "left-open", "error",
        "sockets are still open 10 s after the stream has ended",
        "Connections of ended streams pile up until none can be opened any more.",
        "On stream state TERMINATED and on `*.rtms_stopped`, close the signaling and all media sockets.",
    ),
    Rule(
        "MZ610", "join-after-stop", "error",
        "a handshake comes more than 5 s after the stream has ended",
        "A retry loop that never ends, or a late start taken for a new one: the server refuses each try.",
        "Stop reconnecting when a stream has ended, unless the reason (10 to 19, 24) asks for a fresh start.",
    ),
    Rule(
        "MZ611", "media-not-rejoined", "error",
        "a media socket is lost and not back in its window (65 s)",
        "No webhook tells of it: the stream goes on, and its media is missing.",
        "Watch each media socket (and event 7 on signaling), and shake hands again where one is lost.",
    ),
    Rule(
        "MZ612", "reconnect-storm", "warning",
        "more than five signaling handshakes for one stream within 10 s",
        "Retries without a pause keep a server down that is about to recover, and end in refusals.",
        "Wait 3 s before the next try, doubling up to 30 s.",
    ),
    Rule(
        "MZ613", "forged-start-followed", "error",
        "a connection to the server named by a forged start",
        "Whoever knows the webhook's URL can make you connect to any host, and send it a signature.",
        "Verify the webhook's signature before doing anything with server_urls.",
    ),
)  # fmt: skip

RULES: Mapping[str, Rule] = {rule.id: rule for rule in _LIST}
"""Every rule that a receiver can break, by id; rules of documents are in `mockzoom.catalog`."""
