"""A receiver that keeps what it is told in SQLite, on Flask and werkzeug's threaded server.

As it stands it claims the request id and applies the event in one transaction, then answers.
Variants whose names begin with `legit-` are right as well, in other ways; the others have one
defect each. `GET /state` shows what it knows (`GET /state/counts` a part), `POST /reset` empties
it.
"""

from __future__ import annotations

import logging

from flask import Flask, Response, abort, jsonify
from stateful_flask_base import Receiver
from stateful_flask_defects import VARIANTS
from werkzeug.serving import WSGIRequestHandler, make_server


class KeepAlive(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True


def create_app(receiver: Receiver) -> Flask:
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = 2 * 1024 * 1024
    app.logger.disabled = True
    app.add_url_rule("/webhook", view_func=receiver.receive, methods=["POST"])

    @app.get("/state")
    def state() -> Response:
        return jsonify(receiver.store.state())

    @app.get("/state/<part>")
    def part(part: str) -> Response:
        whole = receiver.store.state()
        return jsonify(whole[part]) if part in whole else abort(404)

    @app.post("/reset")
    def reset() -> Response:
        receiver.store.reset()
        return Response(status=204)

    return app


def main() -> None:
    from program import options, serve

    given = options(__doc__, VARIANTS)
    logging.getLogger("werkzeug").setLevel(logging.CRITICAL + 1)
    app = create_app(VARIANTS.get(given.defect, Receiver)(given.secret.encode()))
    server = make_server("127.0.0.1", given.port, app, threaded=True, request_handler=KeepAlive)
    serve(server)


if __name__ == "__main__":
    main()
