"""The event in UTF-16, although its content type says UTF-8."""

from __future__ import annotations

from codecs import BOM_UTF16_LE

from mockzoom.synth.malform.kind import Malformation

UTF_16 = Malformation(
    "utf-16",
    "the event in UTF-16 with a byte order mark",
    lambda body: BOM_UTF16_LE + body.decode().encode("utf-16-le"),
)
