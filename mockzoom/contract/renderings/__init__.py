"""Reads contract documents out of the pages that people save: rendered references and listings.

`reference` reads an API reference that shows lists of fields (Markdown, plain text, indented text);
`listing` takes away what a code host writes around and between the lines of a document.
"""

from mockzoom.contract.renderings.listing import embedded, numbered_lines, numbered_text
from mockzoom.contract.renderings.reference import read_reference
from mockzoom.contract.renderings.sections import is_reference

__all__ = ["embedded", "is_reference", "numbered_lines", "numbered_text", "read_reference"]
