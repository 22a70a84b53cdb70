"""Google Cloud Storage for tests: fake-gcs-server behind the rules that it leaves out, with the XML API's
multipart uploads beside it. What is served and why: docs/formats/gcs-xml-rules.md.

`GET /_fake/state` tells the open sessions and multipart uploads, for audits.
"""
import argparse
import signal
import sys

import upstream as upstream_server
from handler import Server
from multipart import MultipartUploads
from sessions import Sessions


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0: any, which is printed")
    group = parser.add_mutually_exclusive_group(required=True)
    group.add_argument("--gcs-server", metavar="PATH", help="fake-gcs-server, to be started")
    group.add_argument("--gcs-port", type=int, help="where one listens already, on 127.0.0.1")
    arguments = parser.parse_args()

    process = None
    port = arguments.gcs_port
    if arguments.gcs_server:
        process, port = upstream_server.start(arguments.gcs_server)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        upstream = upstream_server.Upstream(port)
        server = Server(arguments.port, upstream, Sessions(upstream), MultipartUploads(upstream))
        print(f"listening on 127.0.0.1:{server.server_address[1]}", flush=True)
        server.serve_forever()
    except KeyboardInterrupt:
        pass
    finally:
        if process is not None:
            process.kill()
            process.wait()


if __name__ == "__main__":
    main()
