"""Zoom's delivery over WebSocket: the connections of clients, and a server for them alone."""

from __future__ import annotations

from mockzoom.zoom.websocket.connection import EventSocket
from mockzoom.zoom.websocket.connections import EventSockets
from mockzoom.zoom.websocket.messages import HEARTBEAT_S, PATH, Seen, path_of
from mockzoom.zoom.websocket.server import EventSocketServer

__all__ = [
    "HEARTBEAT_S", "PATH", "EventSocket", "EventSocketServer", "EventSockets", "Seen", "path_of",
]  # fmt: skip
