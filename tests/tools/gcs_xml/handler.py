"""Which request goes where: sessions and multipart uploads are served here, all else is fake-gcs-server's."""
import datetime
import http.server
import json
from urllib.parse import parse_qsl, urlsplit

from bodies import Body, decoded
from errors import Answer, Disconnected, Refused, json_error, xml_error

HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "date"}
DRAINED = 1 << 20  # a longer rest of a body ends its connection
PIECE = 256 << 10
OBJECT = "/storage/v1/b/"
UPLOAD = "/upload/storage/v1/b/"
NOT_XML = ("/storage/", "/upload/", "/download/", "/batch/", "/_internal/", "/_fake/")


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 64 << 10

    # --- of the server: upstream, sessions, uploads

    def log_message(self, *_):
        pass

    def serve(self):
        self.body = Body(self.rfile, 0)
        try:
            self.body = self.announced_body()
            answer = self.route()
        except Refused as refused:
            answer = refused.answer
        except Disconnected:
            self.close_connection = True
            return
        if answer is not None:
            self.send(answer)
        self.end_body()

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = serve

    def announced_body(self) -> Body:
        length = self.headers.get("Content-Length")
        if length is None and ("Transfer-Encoding" in self.headers or self.command in ("POST", "PUT", "PATCH")):
            self.close_connection = True
            raise xml_error(411, "MissingContentLength", "You must provide the Content-Length HTTP header.")
        if length is not None and not length.isdigit():
            self.close_connection = True
            raise xml_error(400, "InvalidArgument", "Invalid Content-Length.")
        return Body(self.rfile, int(length or 0))

    def end_body(self):
        if self.body.left > DRAINED:
            self.close_connection = True
            return
        try:
            self.body.read()
        except Disconnected:
            self.close_connection = True

    def send(self, answer: Answer):
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if answer.status != 204:
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)

    def route(self):
        url = urlsplit(self.path)
        query = dict(parse_qsl(url.query, keep_blank_values=True, errors="surrogateescape"))
        if url.path == "/_fake/state":
            return self.state()
        if url.path.startswith(UPLOAD) and query.get("uploadType") == "resumable":
            return self.session(url.path, query)
        if url.path.startswith(NOT_XML):
            return self.json(url.path)
        if "uploads" in query or "uploadId" in query:
            return self.xml(url.path, query)
        return self.forward()

    def state(self) -> Answer:
        state = {"sessions": self.server.sessions.open_ones(), "uploads": self.server.uploads.open_ones()}
        return Answer(200, json.dumps(state).encode(), {"Content-Type": "application/json"})

    def session(self, path: str, query: dict) -> Answer:
        sessions = self.server.sessions
        bucket = decoded(path[len(UPLOAD) :].split("/")[0])
        upload_id = query.get("upload_id")
        if self.command == "POST" and upload_id is None:
            return sessions.begin(self.headers["Host"], bucket, query, self.body)
        if self.command == "PUT" and upload_id is not None:
            return sessions.put(upload_id, self.headers, self.body)
        if self.command == "DELETE" and upload_id is not None:
            if self.headers.get("Content-Length") != "0":
                raise json_error(411, "required", "Content-Length: 0 is required.")
            return sessions.cancel(upload_id)
        raise json_error(405, "methodNotAllowed", "Method Not Allowed")

    def xml(self, path: str, query: dict) -> Answer:
        uploads = self.server.uploads
        bucket, _, key = (decoded(part) for part in path[1:].partition("/"))
        if not key and self.command == "GET" and "uploads" in query:
            return uploads.list_uploads(bucket, query)
        if key and self.command == "POST" and "uploads" in query:
            return uploads.initiate(bucket, key, self.headers, self.body)
        if key and "uploadId" in query:
            if self.command == "PUT":
                return uploads.put_part(bucket, key, query, self.headers, self.body)
            if self.command == "GET":
                return uploads.list_parts(bucket, key, query)
            if self.command == "POST":
                return uploads.complete(bucket, key, query, self.body)
            if self.command == "DELETE":
                return uploads.abort(bucket, key, query)
        raise xml_error(405, "MethodNotAllowed", "The specified method is not allowed against this resource.")

    def json(self, path: str):
        if self.command != "PATCH" or not path.startswith(OBJECT):
            return self.forward()
        bucket, _, name = path[len(OBJECT) :].partition("/o/")
        change = self.body.read()
        self.check_custom_time(decoded(bucket), decoded(name), change)
        return self.forward(change)

    def check_custom_time(self, bucket: str, name: str, change: bytes):
        """It never moves back, nor goes."""
        resource = self.server.upstream.resource(bucket, name) or {}
        wanted = json.loads(change)
        if "customTime" not in wanted or "customTime" not in resource:
            return
        try:
            later = time_of(wanted["customTime"]) >= time_of(resource["customTime"])
        except (TypeError, ValueError):
            later = False
        if not later:
            raise json_error(400, "invalid", "Custom time can't be removed or set to an earlier time.")

    def forward(self, body=None):
        """To fake-gcs-server, whose answer is passed on as it comes."""
        headers = {name: value for name, value in self.headers.items() if name.lower() not in HOP_BY_HOP}
        if body is None and self.body.length > 0:
            body = (bytes(piece) for piece in self.body.pieces())
        if body is not None:
            headers["Content-Length"] = str(self.body.length)
        response = self.server.upstream.open(self.command, self.path, body, headers)
        kept = {name: value for name, value in response.getheaders() if name.lower() not in HOP_BY_HOP}
        length = response.getheader("Content-Length")
        if length is None or self.command == "HEAD":
            return Answer(response.status, response.read(), kept)
        self.send_response(response.status)
        for name, value in {**kept, "Content-Length": length}.items():
            self.send_header(name, value)
        self.end_headers()
        while piece := response.read(PIECE):
            self.wfile.write(piece)
        return None


def time_of(text: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(text)


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def __init__(self, port, upstream, sessions, uploads):
        super().__init__(("127.0.0.1", port), Handler)
        self.upstream = upstream
        self.sessions = sessions
        self.uploads = uploads

    def handle_error(self, request, client_address):
        """Clients that leave are no news."""
        import sys

        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)
