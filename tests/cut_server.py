"""A web server on this machine that cuts connections, as the real network does."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class CutServer:
    """Serves `content` at every path. The first `cuts` bodies end after `cut_after` bytes."""

    def __init__(self, content: bytes, *, cuts: int = 0, cut_after: int = 0) -> None:
        self.content = content
        self.cuts, self.cut_after = cuts, cut_after
        self.framing = "length"  # or "chunked", or "none": the body ends with the connection
        self.ranges = True
        self.marked = True  # with an ETag
        self.status: int | None = None
        self.seconds_per_block = 0.0
        self.requests: list[dict[str, str]] = []
        self.url = ""
        self._lock = threading.Lock()

    def is_cut(self) -> bool:
        with self._lock:
            self.cuts -= 1
            return self.cuts >= 0

    @property
    def etag(self) -> str:
        return f'"{hashlib.sha256(self.content).hexdigest()[:16]}"'


@contextmanager
def serving(server: CutServer) -> Iterator[CutServer]:
    """The server runs inside the block; its address is `server.url`."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: Any) -> None:
            pass

        def do_GET(self) -> None:
            server.requests.append(dict(self.headers))
            self.close_connection = True
            if server.status is not None:
                self.send_error(server.status)
                return
            start, asked = 0, self.headers.get("Range")
            same = self.headers.get("If-Range") == server.etag
            if asked and server.ranges and same:
                start = int(asked.removeprefix("bytes=").rstrip("-"))
            body, cut = server.content[start:], server.is_cut()
            self.send_response(206 if start else 200)
            if server.marked:
                self.send_header("ETag", server.etag)
            if server.framing == "length":
                self.send_header("Content-Length", str(len(body)))
            elif server.framing == "chunked":
                self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self.send_body(body[: server.cut_after] if cut else body, whole=not cut)

        def send_body(self, body: bytes, *, whole: bool) -> None:
            try:
                for begin in range(0, len(body), 1 << 16):
                    block = body[begin : begin + (1 << 16)]
                    if server.framing == "chunked":
                        block = b"%x\r\n%s\r\n" % (len(block), block)
                    self.wfile.write(block)
                    self.wfile.flush()
                    if server.seconds_per_block:
                        time.sleep(server.seconds_per_block)
                if server.framing == "chunked" and whole:
                    self.wfile.write(b"0\r\n\r\n")
            except OSError:
                pass  # the client was killed

    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    httpd.daemon_threads = True
    thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    server.url = f"http://127.0.0.1:{httpd.server_port}"
    try:
        yield server
    finally:
        httpd.shutdown()
        thread.join()
        httpd.server_close()
