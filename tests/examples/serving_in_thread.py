"""Serves a WSGI application on a free loopback port for the length of a with-block."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from wsgiref.types import WSGIApplication

from werkzeug.serving import make_server

from examples.serving import QuietRequestHandler
from tests.services.process import free_port


@contextmanager
def served(application: WSGIApplication, *, port: int) -> Iterator[str]:
    server = make_server("127.0.0.1", port, application, threaded=True, request_handler=QuietRequestHandler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield address(port)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def address(port: int) -> str:
    return f"http://127.0.0.1:{port}"


def unused_address() -> str:
    return address(free_port())
