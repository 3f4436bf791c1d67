"""Recording: a proxy between Zoom and a receiver that judges real traffic.

Bytes pass unchanged and as they come (`proxy`). What has passed is handed to a thread behind a
bounded queue (`observer`), where it is judged (`judging`): if the queue is full, judgements are
dropped and counted, never deliveries.
"""

from __future__ import annotations

from mockzoom.record.judging import TrafficJudging
from mockzoom.record.observer import Observer, Proxied
from mockzoom.record.proxy import Proxy

__all__ = ["Observer", "Proxied", "Proxy", "TrafficJudging"]
