"""The main job on real input: a tree of real files goes in by the published client and comes back."""
import random
from concurrent.futures import ThreadPoolExecutor

import pytest
import urllib3
from objectstore_client import Client, Usecase

from harness import damages, drained_audit
from real_files import MIB, choose

THREADS = 4
BLOCK = 256 * 1024
# Names for copies: (what to put in front of the file's own name).
STRANGE_NAMES = (
    "with spaces/a b  c/",
    "Unicode/Übergröße/",
    "Unicode/日本語/",
    "Unicode/é/",
    "Unicode/🙂/",
    "signs/100%;a=b&c?d#e+f/",
    "signs/[x]{y}(z)'q'\"r\"/",
    "double//slash/",
    "deep/" + "/".join("abcdefghij") + "/",
    "long/" + "n" * 300 + "/",
)


class Session:
    """What the published client stores and reads, by key and file."""

    def __init__(self, url: str):
        timeout = urllib3.Timeout(connect=10, read=120)
        client = Client(url, connection_kwargs={"timeout": timeout})
        self.session = client.session(Usecase("file-tree"), org=17, project=42)

    def put(self, key, path, compress):
        with open(path, "rb") as file:
            stored = self.session.put(file, key=key, compress=compress, filename=path.name,
                                      metadata={"source": str(path)})
        assert stored == key

    def assert_same(self, key, path):
        answer = self.session.get(key)
        assert answer is not None, f"{key} is missing"
        assert answer.metadata.filename == path.name
        assert answer.metadata.custom["source"] == str(path)
        with open(path, "rb") as file:
            while True:
                expected = file.read(BLOCK)
                got = read_exactly(answer.payload, len(expected) or 1)
                assert got == expected, f"{key} differs before byte {file.tell()} of {path}"
                if not expected:
                    return

    def assert_gone(self, key):
        assert self.session.get(key) is None, f"{key} is still there"


def read_exactly(stream, length):
    pieces = []
    while length > 0:
        piece = stream.read(length)
        if not piece:
            break
        pieces.append(piece)
        length -= len(piece)
    return b"".join(pieces)


def on_all(server, items, action):
    """Calls action(session, item) for every item from a few threads, each with a client of its own."""

    def work(share):
        session = Session(server.url)
        for item in share:
            action(session, item)

    with ThreadPoolExecutor(THREADS) as pool:
        for done in [pool.submit(work, items[i::THREADS]) for i in range(THREADS)]:
            done.result()


@pytest.fixture(scope="module")
def real_tree():
    files = choose()
    sizes = [path.stat().st_size for path in files]
    print(f"{len(files)} files, {sum(sizes) / MIB:.0f} MiB, largest {max(sizes) / MIB:.1f} MiB")
    assert len(files) > 200 and min(sizes) == 0 and max(sizes) > 10 * MIB
    return files


@pytest.fixture
def edge_files(tmp_path):
    """Sizes at which something changes: a row or a blob, one checksum block or two."""
    folder = tmp_path / "edges"
    folder.mkdir()
    made = []
    for size in (0, 1, 65535, 65536, 65537, MIB - 1, MIB, MIB + 1, MIB + 65536):
        path = folder / f"size-{size}"
        path.write_bytes(random.Random(size).randbytes(size))
        made.append(path)
    return made


def compression_for(key: str) -> str:
    return "zstd" if len(key) % 2 else "none"


def replacements(keys, content):
    """For a third of the keys another file: small by large, large by small, large by large."""
    by_size = sorted(set(content.values()), key=lambda path: (path.stat().st_size, str(path)))
    small = [path for path in by_size if path.stat().st_size <= MIB]
    large = [path for path in by_size if MIB < path.stat().st_size <= 16 * MIB]
    kinds = {"small by large": 0, "large by small": 0, "large by large": 0, "small by small": 0}
    chosen = {}
    for number, key in enumerate(keys):
        was_large = content[key].stat().st_size > MIB
        # Small files are most: only every fifth of them grows.
        becomes_large = number % 2 == 0 if was_large else number % 5 == 0
        chosen[key] = (large if becomes_large else small)[number % len(large if becomes_large else small)]
        kinds[f"{'large' if was_large else 'small'} by {'large' if becomes_large else 'small'}"] += 1
    print(f"overwrites: {kinds}")
    assert all(kinds.values()), kinds
    return chosen


def test_a_tree_of_real_files_survives_overwrites_deletes_and_a_restart(
    make_server, real_tree, edge_files, needs_audit
):
    server = make_server().start()
    content = {f"tree{path}": path for path in real_tree}
    content |= {f"edges/{path.name}": path for path in edge_files}
    for prefix, path in zip(STRANGE_NAMES * 2, real_tree[:: len(real_tree) // 20]):
        content[f"{prefix}{path.name}"] = path
    # A key beside keys for which it would be a directory.
    content["nested"] = edge_files[1]
    content["nested/inner"] = edge_files[-1]

    def put(session, key):
        session.put(key, content[key], compression_for(key))

    def compare(session, key):
        session.assert_same(key, content[key])

    on_all(server, list(content), put)
    on_all(server, list(content), compare)

    by_size = sorted(content, key=lambda key: (content[key].stat().st_size, key))
    replaced = replacements(by_size[0::3], content)
    content |= replaced
    on_all(server, list(replaced), put)
    deleted = by_size[1::3]
    on_all(server, deleted, lambda session, key: session.session.delete(key))
    for key in deleted:
        del content[key]

    def compare_all():
        on_all(server, list(content), compare)
        on_all(server, deleted, lambda session, key: session.assert_gone(key))

    compare_all()
    assert server.stop() == 0, server.log()[-4000:]
    server.start()
    compare_all()

    found = drained_audit(server, server.folder / "data/rows", server.folder / "data/blobs")
    print(f"audit: {found}")
    assert not damages(found), damages(found)
    assert found["blobs"] == found["redirects"] > 0


def test_a_generated_key_is_answered_and_readable(server):
    session = Session(server.url).session
    key = session.put(b"hello", compress="none", content_type="text/plain")
    answer = session.get(key)
    assert answer.payload.read() == b"hello"
    assert answer.metadata.content_type == "text/plain"
    assert answer.metadata.time_created is not None
