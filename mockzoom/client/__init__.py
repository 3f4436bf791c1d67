"""The blocking client: what the command line, pytest and scripts call.

`Mockzoom` stands in for Zoom before one receiver; it needs no test framework. The engine is
asyncio; here it runs on a loop and thread of its own, so that it may be called from any code, also
from within a running event loop.

Nothing is imported here: `verify` starts without plays.
"""
