"""The text of an HTML page, such as the error page of a framework: what a message quotes of it."""

from __future__ import annotations

from html.parser import HTMLParser

from mockzoom.model import Response

_READ = 64 * 1024
"""Bytes of a page that are read: debug pages begin with kilobytes of styles."""
_ENOUGH = 400
"""Characters after which nothing more is collected."""
_SILENT = frozenset({"script", "style", "template", "noscript", "svg", "textarea"})
_BEGINNINGS = (b"<!doctype html", b"<html", b"<head", b"<title", b"<body")


def is_html(response: Response) -> bool:
    """Tell whether an answer is an HTML page, by its content type or by its beginning."""
    if "html" in (response.header("content-type") or "").lower():
        return True
    return response.body[:200].lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(_BEGINNINGS)


def page_text(page: bytes) -> str:
    """Return the title and the first text of an HTML page on one line, without repetitions."""
    reader = _TextReader()
    try:
        # The last tag has the parser hand out the text before it.
        reader.feed(page[:_READ].decode("utf-8", "replace") + "<p>")
    except (AssertionError, ValueError):  # a declaration that the parser does not take
        if not reader.title and not reader.pieces:
            return page[:_READ].decode("utf-8", "replace")
    title = " ".join("".join(reader.title).split())
    pieces = [title] if title else []
    for piece in reader.pieces:
        if piece not in title:
            pieces.append(piece)
    return ": ".join((pieces[0], " ".join(pieces[1:]))) if pieces[1:] else "".join(pieces)


class _TextReader(HTMLParser):
    """Collects the title and the texts of a page, in their order."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.title: list[str] = []
        self.pieces: list[str] = []
        self._inside = ""
        self._collected = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note where text is no text for people, and where it is the title."""
        if not self._inside and (tag in _SILENT or (tag == "title" and not self.title)):
            self._inside = tag

    def handle_endtag(self, tag: str) -> None:
        """Note the end of that."""
        if tag == self._inside:
            self._inside = ""

    def handle_data(self, data: str) -> None:
        """Take a piece of text."""
        if self._inside == "title":
            self.title.append(data)
            return
        piece = " ".join(data.split())
        if piece and not self._inside and self._collected < _ENOUGH:
            self._collected += len(piece)
            self.pieces.append(piece)
