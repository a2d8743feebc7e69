"""A reverse proxy as people put one before the studio: it takes a prefix off each path, and passes on all the rest."""

from contextlib import closing, contextmanager, suppress
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

# Of one connection each, RFC 9110, section 7.6.1.
HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "te", "upgrade"}


class Proxy(BaseHTTPRequestHandler):
    """Passes on what lies under the prefix, as it comes: an event stream is not kept until it ends."""

    def pass_on(self):
        if not self.path.startswith(self.server.prefix + "/"):
            self.send_error(404)
            return
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name: value for name, value in self.headers.items() if name.lower() not in HOP_BY_HOP}
        with (closing(HTTPConnection("127.0.0.1", self.server.behind, timeout=120)) as behind,
              suppress(ConnectionError)):                 # the visitor has left
            behind.request(self.command, self.path.removeprefix(self.server.prefix), body, headers)
            with behind.getresponse() as answer:
                self.send_response_only(answer.status, answer.reason)
                for name, value in answer.getheaders():
                    if name.lower() not in HOP_BY_HOP:
                        self.send_header(name, value)
                self.end_headers()
                while piece := answer.read1(65536):
                    self.wfile.write(piece)

    do_GET = do_POST = do_DELETE = pass_on

    def log_message(self, *_):
        """Keep the tests' output clean."""


class Server(ThreadingHTTPServer):
    """Threads of visitors who have left may not keep a test waiting, nor tell of it."""

    daemon_threads = True
    block_on_close = False

    def handle_error(self, *_):
        """Keep the tests' output clean: what went wrong is seen in the page."""


@contextmanager
def proxy(prefix):
    """Run a proxy for paths under ``prefix``; set ``behind`` of what this gives to the port that it stands before."""
    with Server(("127.0.0.1", 0), Proxy) as server:
        server.prefix, server.behind = prefix, None
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
