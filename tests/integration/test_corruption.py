"""A damaged blob is never served as if it were whole, and the log says which one it is."""
import http.client
import random

import pytest

from harness import object_path, wait_until

MIB = 1024 * 1024
BODY = random.Random(5).randbytes(3 * MIB)


def blob_file(server):
    """The only blob of the store."""
    blobs = [p for p in (server.folder / "data/blobs").rglob("*") if p.is_file() and p.stat().st_size >= MIB]
    assert len(blobs) == 1, blobs
    return blobs[0]


def read_what_comes(server, headers=None):
    """Status and body of a GET as far as it comes; `whole` tells whether it ended properly."""
    connection = server.connect()
    try:
        connection.request("GET", object_path("damaged"), headers=headers or {})
        answer = connection.getresponse()
        pieces, whole = [], True
        try:
            while piece := answer.read(65536):
                pieces.append(piece)
        except (http.client.IncompleteRead, ConnectionError) as cut:
            pieces.append(getattr(cut, "partial", b""))
            whole = False
        body = b"".join(pieces)
        # A body with a length that ends early is not an error to http.client when read piece by piece.
        length = answer.getheader("content-length")
        return answer.status, body, whole and length in (None, str(len(body)))
    except (http.client.HTTPException, ConnectionError):
        return None, b"", False
    finally:
        connection.close()


def flip(path, offset):
    with open(path, "r+b") as file:
        file.seek(offset, 0 if offset >= 0 else 2)
        byte = file.read(1)
        file.seek(-1, 1)
        file.write(bytes([byte[0] ^ 0x10]))


def cut_in_half(path):
    with open(path, "r+b") as file:
        file.truncate(path.stat().st_size // 2)


# Where to hurt a blob: in bytes of the file.
DAMAGES = {
    "first byte": lambda path: flip(path, 0),
    "early": lambda path: flip(path, 200_000),
    "middle": lambda path: flip(path, path.stat().st_size // 2),
    "late": lambda path: flip(path, 2_900_000),
    "last byte": lambda path: flip(path, -1),
    "cut in half": cut_in_half,
    "cut to nothing": lambda path: path.write_bytes(b""),
    "lost": lambda path: path.unlink(),
}


def assert_refused(status, body, whole, right):
    """500 before the head was sent, a connection that breaks after; never a byte that is not right."""
    if status in (200, 206):
        assert right.startswith(body), "wrong bytes were served"
        assert not whole, "damage went unnoticed"
    else:
        # Lost blobs are an alarm too, never a missing object.
        assert status in (500, None), status


@pytest.mark.parametrize("name", DAMAGES)
@pytest.mark.parametrize("restarted", [False, True], ids=["running", "restarted"])
def test_a_damaged_blob_is_never_served(server, name, restarted):
    assert server.put("damaged", BODY).status == 200
    assert server.put("other", b"fine").status == 200
    path = blob_file(server)
    if restarted:
        assert server.stop() == 0
    DAMAGES[name](path)
    if restarted:
        server.start()

    assert_refused(*read_what_comes(server), BODY)

    def named():
        lines = [line for line in server.log().splitlines() if "ERROR" in line.upper()]
        return any(path.name in line or "damaged" in line for line in lines)

    wait_until(named, 10, "an error in the log that names the blob or the object")
    assert server.get("other").body == b"fine"
    assert server.put("damaged", b"mended").status == 200
    assert server.get("damaged").body == b"mended"


def test_a_range_over_the_damage_is_refused_and_one_beside_it_is_served(server):
    assert server.put("damaged", BODY).status == 200
    flip(blob_file(server), 1_500_000)
    for first, last in ((1_400_000, 1_600_000), (1_450_000, 1_550_000)):
        answer = read_what_comes(server, {"range": f"bytes={first}-{last}"})
        assert_refused(*answer, BODY[first : last + 1])
    for first, last in ((0, 99), (0, 999_999), (2_000_000, 2_999_999)):
        status, body, whole = read_what_comes(server, {"range": f"bytes={first}-{last}"})
        assert (status, whole) == (206, True)
        assert body == BODY[first : last + 1]
