"""Serves one WSGI application quietly: a line per request, without its query, until SIGTERM or Ctrl-C."""

import logging
import signal
import sys
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any
from wsgiref.types import WSGIApplication

from werkzeug.serving import WSGIRequestHandler, make_server

logger = logging.getLogger("examples.serving")


class QuietRequestHandler(WSGIRequestHandler):
    """Logs the path only: the query of a sign-in answer holds an authorization code."""

    protocol_version = "HTTP/1.1"
    server_version = "sample"
    sys_version = ""

    def version_string(self) -> str:
        return self.server_version

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        path = getattr(self, "path", "").partition("?")[0]
        logger.info("%s %s %s", getattr(self, "command", "-"), path.encode("unicode_escape").decode(), code)

    def log(self, type: str, message: str, *args: Any) -> None:
        logger.log(logging.getLevelNamesMapping().get(type.upper(), logging.INFO), message, *args)


def serve(application: WSGIApplication, *, bind: str, port: int) -> None:
    """Blocks until the process is asked to stop.

    Raises: OSError when the port is taken.
    """
    logging.basicConfig(stream=sys.stdout, level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    server = make_server(bind, port, application, threaded=True, request_handler=QuietRequestHandler)
    stop = _stopper(server.shutdown)
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    logger.info("listening on http://%s:%d", bind, port)
    server.serve_forever()
    server.server_close()


def _stopper(shutdown: Callable[[], None]) -> Callable[[int, FrameType | None], None]:
    def stop(_signal: int, _frame: FrameType | None) -> None:
        # shutdown() waits for serve_forever(), which this handler interrupts, so it must run beside it.
        threading.Thread(target=shutdown, daemon=True).start()

    return stop
