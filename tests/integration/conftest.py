import shutil

import pytest

from harness import AUDIT, BINARY, Server


def pytest_configure(config):
    if not BINARY.is_file():
        raise pytest.UsageError(f"no server at {BINARY}: build it, or name it in OBJECTSTORE_BIN")


@pytest.fixture
def make_server(tmp_path):
    """Makes servers (not yet started) in directories below tmp_path; all are gone after the test."""
    made = []

    def make(name="server", config=None, folder=None, **environment):
        server = Server(folder or tmp_path / name, config, **environment)
        made.append(server)
        return server

    yield make
    for server in made:
        server.close()


@pytest.fixture
def server(make_server):
    """A running server with the embedded default storage, under `data` of its directory."""
    return make_server().start()


@pytest.fixture
def needs_audit():
    assert AUDIT.is_file(), f"no audit tool at {AUDIT}"


@pytest.fixture(autouse=True)
def remove_data(request, tmp_path):
    """What a test stored is removed when it passed: some store gigabytes."""
    yield
    report = getattr(request.node, "call_report", None)
    if report is not None and report.passed:
        shutil.rmtree(tmp_path, ignore_errors=True)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    if call.when == "call":
        item.call_report = outcome.get_result()
