"""Contract tests for receivers of Zoom's RTMS and Video SDK webhooks."""

__version__ = "0.1.0"
