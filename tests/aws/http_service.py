"""A small HTTP/1.1 server with keep-alive, a thread a connection: what the doubles answer with."""

import contextlib
import http.server
import json
import threading


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # headers and body leave together

    def read_body(self):
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def reply(self, status, body=b"", headers=()):
        """A dict becomes JSON. `headers` are pairs."""
        if not isinstance(body, bytes):
            body, headers = json.dumps(body).encode(), [*headers, ("Content-Type", "application/json")]
        self.send_response_only(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
        self.wfile.flush()

    def log_message(self, *_):
        pass

    def handle(self):
        # The other side may be killed at any moment: that is what these tests do.
        with contextlib.suppress(ConnectionError):
            super().handle()


class QuietServer(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request, client_address):
        pass  # of a broken connection; what matters fails in the test


@contextlib.contextmanager
def serving(handler_class, **attributes):
    """Serves on a free port of 127.0.0.1 until the block ends; gives the port. `attributes` are what
    the handlers find on themselves."""
    server = QuietServer(("127.0.0.1", 0), type(handler_class.__name__, (handler_class,), attributes))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
