"""`python -m tests.pictures`: draws the README's pictures, each of a real run."""

from __future__ import annotations

import io
import re
import tempfile
import threading
import time
from pathlib import Path

from rich.console import Console
from rich.text import Text

from mockzoom.cli.demo import SUITES
from mockzoom.client.verifying import verify
from mockzoom.report import lines
from mockzoom.service import Service, ServiceSettings
from mockzoom.settings import Settings
from mockzoom.web import WebSettings, create_app
from mockzoom.web.serving import address, open_server
from mockzoom.zoom.sample_receiver import create_app as create_receiver
from mockzoom.zoom.sample_receiver import serving
from tests.web.browser import browsing, resize

FOLDER = Path(__file__).resolve().parent.parent / ".github/pictures"
SECRET = "a-secret-for-pictures"
STYLES = {"error": "bold red", "warning": "bold yellow", "pass": "bold green", "head": "bold",
          "dim": "dim"}  # fmt: skip


def draw_run() -> None:
    """Draw what a terminal shows of a run against the demo's receiver with three defects."""
    with serving(create_receiver(SECRET, defective=True)) as url:
        result = verify(url, Settings(secret=SECRET, suites=SUITES))
        console = Console(record=True, width=100, file=io.StringIO())
        console.print(Text("$ mockzoom demo\n…\n2. The same receiver with three defects\n", "bold"))
        for style, line in lines(result):
            console.print(Text(line, STYLES.get(style, "")))
    drawn = console.export_svg(title="mockzoom", unique_id="run")
    # The fonts of its style sheet are on another host; a reader's own will do.
    drawn = re.sub(r"@font-face \{.*?\}\s*", "", drawn, flags=re.DOTALL)
    (FOLDER / "run.svg").write_text(drawn.replace("Fira Code, monospace", "monospace"), "utf-8")


def draw_page() -> None:
    """Draw the page of a play against the correct receiver."""
    with tempfile.TemporaryDirectory() as folder, serving(create_receiver(SECRET)) as url:
        service = Service(ServiceSettings(Path(folder) / "mock.db", SECRET))
        app = create_app(service, WebSettings(feeds=3))
        server = open_server(app, "127.0.0.1", 0)
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        client = app.test_client()
        made = client.post("/api/v1/subscriptions", json={"url": url, "name": "My receiver"})
        asked = {"kind": "play", "scenario": "rtms-start-interrupt-stop",
                 "subscription": made.get_json()["id"]}  # fmt: skip
        run = client.post("/api/v1/runs", json=asked).get_json()["id"]
        while client.get(f"/api/v1/runs/{run}").get_json()["state"] == "running":
            time.sleep(0.1)
        with browsing(Path(folder) / "profile") as browser:
            resize(browser, 1100, 1000)
            browser.get(f"{address(server)}/runs/{run}")
            (FOLDER / "page.png").write_bytes(browser.get_screenshot_as_png())
        server.close()
        service.close()


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    draw_run()
    draw_page()
