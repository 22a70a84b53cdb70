"""Requests to S3 as botocore signs them, one JSON object a line: an oracle for src/backends/s3/sigv4.h.

usage: sigv4_cases.py SEED COUNT
"""

import datetime
import json
import random
import string
import sys
from urllib.parse import quote
from unittest import mock

from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

AWKWARD = ["=", ";", " ", "+", "%", "//", "..", ".", "/", "&", "?", "#", "~", "*", "'", "(", "!", "@",
           ":", ",", "$", "%2F", "%20", "é", "日本", "🗝", "\\", "\"", "<", "|", "^", "`", "{", "\n"]
QUERIES = [
    [], [], [],
    [["uploads", ""]],
    [["partNumber", "1"], ["uploadId", "a/b+c="]],
    [["uploadId", "x y~z"]],
    [["list-type", "2"], ["prefix", "u/objects/é ="], ["max-keys", "1000"], ["encoding-type", "url"]],
    [["uploads", ""], ["prefix", "a b"], ["key-marker", "b&c"], ["max-uploads", "7"]],
    [["b", "2"], ["a", "2"], ["a", "1"], ["a-", "0"], ["aa", ""]],
]
HEADERS = [
    ("content-type", ["text/plain", "application/octet-stream", "text/plain;  charset=utf-8"]),
    ("content-encoding", ["zstd"]),
    ("content-md5", ["1B2M2Y8AsgTpgAmY7PhCfg=="]),
    ("if-none-match", ["*"]),
    ("range", ["bytes=0-1", "bytes=5-"]),
    ("x-amz-meta-x-sn-expiration", ["ttl:1h", "  tti:2d   3h  "]),
    ("x-amz-meta-x-snme-name", ["", " ", "a  b\t c", "v;w=x", "comma, comma,  comma"]),
    ("X-Amz-Meta-Mixed-Case", ["Value"]),
    ("x-amz-copy-source", ["/bucket/a%20b"]),
    ("user-agent", ["not signed"]),
    ("expect", ["100-continue"]),
]
BASES = [
    "https://s3.eu-central-1.amazonaws.com/bucket", "https://bucket.s3.us-east-1.amazonaws.com",
    "http://127.0.0.1:7070/bucket", "http://minio:80/bucket", "https://store.example:443/base/bucket",
    "https://[::1]:9000/bucket", "https://store.example/bucket",
]


def some_key(rng):
    pieces = []
    for _ in range(rng.randint(1, 8)):
        if rng.random() < 0.6:
            pieces.append(rng.choice(AWKWARD))
        else:
            pieces.append("".join(rng.choices(string.ascii_letters + string.digits + "-_", k=rng.randint(1, 9))))
    return "".join(pieces)


def some_headers(rng):
    headers = [[name, rng.choice(values)] for name, values in HEADERS if rng.random() < 0.3]
    if rng.random() < 0.1:
        headers += [["x-amz-meta-twice", "one"], ["x-amz-meta-twice", " two  three "]]
    rng.shuffle(headers)
    return headers


def some_case(rng):
    base = rng.choice(BASES)
    key = some_key(rng) if rng.random() < 0.9 else ""
    query = [list(pair) for pair in rng.choice(QUERIES)]
    rng.shuffle(query)
    encoded = "&".join(quote(name, safe="-_.~") + ("=" + quote(value, safe="-_.~") if value else "")
                       for name, value in query)
    url = base + "/" + quote(key, safe="/-_.~") + ("?" + encoded if encoded else "")
    return {
        "method": rng.choice(["GET", "HEAD", "PUT", "POST", "DELETE"]),
        "base": base, "key": key, "query": query, "url": url,
        "headers": some_headers(rng),
        "body": rng.choice(["", "", "body", "é\x00\n" * 50]),
        "access_key_id": "AKIA" + "".join(rng.choices(string.ascii_uppercase, k=16)),
        "secret_access_key": "".join(rng.choices(string.ascii_letters + "+/", k=40)),
        "session_token": rng.choice(["", "", "FwoGZ/+token==" * 10]),
        "region": rng.choice(["us-east-1", "eu-central-1", "cn-north-1", "auto"]),
        "unix_time": rng.randint(1_500_000_000, 4_000_000_000),
    }


def sign(case):
    request = AWSRequest(method=case["method"], url=case["url"], data=case["body"].encode())
    for name, value in case["headers"]:
        request.headers.add_header(name, value)
    credentials = Credentials(case["access_key_id"], case["secret_access_key"], case["session_token"] or None)
    now = datetime.datetime.fromtimestamp(case["unix_time"], datetime.timezone.utc)
    with mock.patch("botocore.auth.get_current_datetime", return_value=now):
        # Signed over https, too, as S3 asks of bodies with no other checksum.
        with mock.patch.object(S3SigV4Auth, "_should_sha256_sign_payload", return_value=True):
            S3SigV4Auth(credentials, "s3", case["region"]).add_auth(request)
    case["authorization"] = request.headers["Authorization"]
    case["content_sha256"] = request.headers["X-Amz-Content-SHA256"]
    case["date"] = request.headers["X-Amz-Date"]
    return case


def main():
    seed, count = int(sys.argv[1]), int(sys.argv[2])
    rng = random.Random(seed)
    for _ in range(count):
        print(json.dumps(sign(some_case(rng)), sort_keys=True))


if __name__ == "__main__":
    main()
