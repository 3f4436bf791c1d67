"""Zoom's delivery over WebSocket: its messages, the connections of clients, a server for one alone.

Nothing is imported here: what only names the messages starts without the server.
"""
