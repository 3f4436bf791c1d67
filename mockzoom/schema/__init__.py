"""One engine for JSON Schema 2020-12, which knows nothing of whose schemas they are.

Schemas are merged (`form`, `merge`), proved to be satisfiable or not (`satisfiable`), given values
that satisfy them (`build`), broken one keyword at a time (`operators`, `constraints`), and held
against bodies (`validators`). `regex` writes texts for regular expressions. What values look like
is up to `leaves`: plain ones here, those of events in `mockzoom.synth`.
"""

from __future__ import annotations
