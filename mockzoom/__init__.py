"""Contract tests for receivers of Zoom's RTMS and Video SDK webhooks."""

from typing import TYPE_CHECKING

__version__ = "0.2.0"
__all__ = ["ContractFailure", "Mockzoom", "ProbeSource", "__version__", "mockzoom_events"]

if TYPE_CHECKING:
    from mockzoom.client.mockzoom import Mockzoom
    from mockzoom.client.outcome import ContractFailure
    from mockzoom.probe_source import ProbeSource
    from mockzoom.pytest_plugin import mockzoom_events
else:

    def __getattr__(name: str) -> object:
        """Import a public name when it is first asked for: `import mockzoom` stays quick."""
        from importlib import import_module

        homes = {
            "ContractFailure": "mockzoom.client.outcome",
            "Mockzoom": "mockzoom.client.mockzoom",
            "ProbeSource": "mockzoom.probe_source",
            "mockzoom_events": "mockzoom.pytest_plugin",
        }
        if name not in homes:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(homes[name]), name)
