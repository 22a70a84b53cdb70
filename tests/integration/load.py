"""Many uploads at once, from a program of its own so that its memory and time are not the caller's.

    python load.py PORT UPLOADS MIB [--verify]

Prints one JSON line: seconds from the common start to the last answer, and the number of answers 200.
"""
import hashlib
import http.client
import json
import random
import sys
import threading
import time

PIECE = 64 * 1024


def pieces(seed: int, total: int):
    """Bytes that differ from piece to piece and cost next to nothing to make."""
    block = bytearray(random.Random(seed).randbytes(PIECE))
    for number in range(total // PIECE):
        block[:8] = number.to_bytes(8, "big")
        yield bytes(block)


def upload(port, number, mib, barrier, results):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=300)
    target = f"/v1/objects/load/_/upload-{number}"
    try:
        connection.connect()
        barrier.wait()
        headers = {"Content-Length": str(mib << 20)}
        connection.request("PUT", target, body=pieces(number, mib << 20), headers=headers)
        answer = connection.getresponse()
        answer.read()
        results[number] = answer.status
    except (OSError, http.client.HTTPException, threading.BrokenBarrierError) as error:
        results[number] = repr(error)
    finally:
        connection.close()


def verify(port, number, mib) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=300)
    connection.request("GET", f"/v1/objects/load/_/upload-{number}")
    answer = connection.getresponse()
    got, expected = hashlib.blake2b(), hashlib.blake2b()
    while data := answer.read(1 << 20):
        got.update(data)
    for data in pieces(number, mib << 20):
        expected.update(data)
    connection.close()
    return answer.status == 200 and got.digest() == expected.digest()


def main():
    port, uploads, mib = (int(text) for text in sys.argv[1:4])
    barrier = threading.Barrier(uploads + 1)
    results = [None] * uploads
    threads = [
        threading.Thread(target=upload, args=(port, number, mib, barrier, results))
        for number in range(uploads)
    ]
    for thread in threads:
        thread.start()
    barrier.wait()
    began = time.monotonic()
    for thread in threads:
        thread.join()
    took = time.monotonic() - began
    intact = all(verify(port, n, mib) for n in range(0, uploads, 8)) if "--verify" in sys.argv else None
    wrong = [result for result in results if result != 200]
    print(json.dumps({"seconds": took, "ok": uploads - len(wrong), "wrong": wrong[:3], "intact": intact}))


if __name__ == "__main__":
    main()
