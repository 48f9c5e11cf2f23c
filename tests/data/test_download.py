from __future__ import annotations

import hashlib
import io
import os
import tarfile
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from kerasviz.data.download import Archive, download_archives, fetch, unpack
from kerasviz.errors import DatasetError


class Server:
    """A web server on this machine whose files can be cut off in the middle."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.cut: set[str] = set()
        self.requests: list[str] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                name = self.path.lstrip("/")
                outer.requests.append(name)
                if name not in outer.files:
                    self.send_error(404)
                    return
                content = outer.files[name]
                self.send_response(200)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content[: len(content) // 2] if name in outer.cut else content)
                self.close_connection = True

            def log_message(self, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,))
        self.thread.start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/"

    def close(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture
def server() -> Iterator[Server]:
    running = Server()
    yield running
    running.close()


def archive_of(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def serve(server: Server, name: str, members: dict[str, bytes]) -> Archive:
    server.files[name] = archive_of(members)
    digest = hashlib.sha256(server.files[name]).hexdigest()
    return Archive(name, digest, name.split(".")[0])


def names_in(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def test_fetched_unpacked_and_not_fetched_again(server: Server, tmp_path: Path) -> None:
    first = serve(server, "images.tar.gz", {"images/a.jpg": b"A" * 9000})
    second = serve(server, "annotations.tar.gz", {"./annotations/list.txt": b"a 1 1 1\n"})
    download_archives(server.url, [first, second], tmp_path)
    assert names_in(tmp_path) == ["annotations", "annotations/list.txt", "images", "images/a.jpg"]
    assert (tmp_path / "images" / "a.jpg").read_bytes() == b"A" * 9000
    download_archives(server.url, [first, second], tmp_path)
    assert server.requests == ["images.tar.gz", "annotations.tar.gz"]


def test_a_progress_bar_is_shown(server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    archive = serve(server, "images.tar.gz", {"images/a.jpg": b"A"})
    fetch(server.url + archive.name, archive.sha256, tmp_path)
    assert "100%" in capsys.readouterr().err


def test_a_cut_off_download_leaves_nothing_and_can_be_run_again(server: Server, tmp_path: Path) -> None:
    first = serve(server, "images.tar.gz", {"images/a.jpg": b"A"})
    second = serve(server, "annotations.tar.gz", {"annotations/list.txt": bytes(range(256)) * 400})
    server.cut.add("annotations.tar.gz")
    with pytest.raises(DatasetError, match=r"annotations\.tar\.gz was not downloaded whole"):
        download_archives(server.url, [first, second], tmp_path)
    assert names_in(tmp_path) == ["images", "images/a.jpg"]
    server.cut.clear()
    download_archives(server.url, [first, second], tmp_path)
    assert (tmp_path / "annotations" / "list.txt").is_file()
    assert server.requests.count("images.tar.gz") == 1


def test_a_wrong_digest_is_refused(server: Server, tmp_path: Path) -> None:
    archive = serve(server, "images.tar.gz", {"images/a.jpg": b"A"})
    server.files["images.tar.gz"] = archive_of({"images/a.jpg": b"B"})
    with pytest.raises(DatasetError, match="not downloaded whole"):
        download_archives(server.url, [archive], tmp_path)
    assert names_in(tmp_path) == []


def test_no_such_file_and_no_server(server: Server, tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="404"):
        fetch(server.url + "absent.tar.gz", "0" * 64, tmp_path)
    server.close()
    with pytest.raises(DatasetError, match="not downloaded whole"):
        fetch(server.url + "absent.tar.gz", "0" * 64, tmp_path)
    assert names_in(tmp_path) == []


def special(name: str, kind: bytes, target: str = "") -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, target
    return member


@pytest.mark.parametrize(
    "member",
    [
        special("../outside.txt", tarfile.REGTYPE),
        special("images/../../outside.txt", tarfile.REGTYPE),
        special("/tmp/outside.txt", tarfile.REGTYPE),
        special("C:\\outside.txt", tarfile.REGTYPE),
        special("images/link", tarfile.SYMTYPE, "/etc/passwd"),
        special("images/link", tarfile.SYMTYPE, "a.jpg"),
        special("images/link", tarfile.LNKTYPE, "images/a.jpg"),
        special("images/device", tarfile.CHRTYPE),
        special("images/disk", tarfile.BLKTYPE),
        special("images/pipe", tarfile.FIFOTYPE),
        special("images/sparse", tarfile.GNUTYPE_SPARSE),
    ],
    ids=lambda member: f"{member.name}-{member.type.decode()}",
)
def test_unsafe_members_are_refused(tmp_path: Path, member: tarfile.TarInfo) -> None:
    target = tmp_path / "target"
    target.mkdir()
    path = target / "images.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        inside = tarfile.TarInfo("images/a.jpg")
        archive.addfile(inside, io.BytesIO())
        archive.addfile(member, io.BytesIO())
    with pytest.raises(DatasetError, match="was not unpacked"):
        unpack(path, "images", target)
    assert names_in(tmp_path) == ["target", "target/images.tar.gz"]


def members(path: Path, *members: tarfile.TarInfo, content: bytes = b"") -> None:
    with tarfile.open(path, "w:gz") as archive:
        for member in members:
            member.size = len(content) if member.isfile() else 0
            archive.addfile(member, io.BytesIO(content))


def in_folders(depth: int) -> list[tarfile.TarInfo]:
    names = ["images"]
    for _ in range(depth - 1):
        names.append(f"{names[-1]}/d")
    return [special(name, tarfile.DIRTYPE) for name in names]


def test_very_many_folders_in_each_other_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "images.tar.gz"
    for nested in (in_folders(1500), [special("images/" + "d/" * 1500 + "a.jpg", tarfile.REGTYPE)]):
        members(path, *nested)
        with pytest.raises(DatasetError, match="lies deeper than 32 folders") as caught:
            unpack(path, "images", tmp_path)
        assert len(str(caught.value)) < 300 + len(str(path))
        assert names_in(tmp_path) == ["images.tar.gz"]
    members(path, *in_folders(32))
    unpack(path, "images", tmp_path)
    assert len(names_in(tmp_path)) == 33


@pytest.mark.parametrize("name", ["x" * 300, "é" * 200, "\U0001f600" * 70])
def test_names_that_no_system_takes_are_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / "images.tar.gz"
    members(path, special(f"images/{name}", tarfile.REGTYPE))
    with pytest.raises(DatasetError, match="a name that no system takes"):
        unpack(path, "images", tmp_path)
    assert names_in(tmp_path) == ["images.tar.gz"]


@pytest.mark.parametrize("filtered", [True, False], ids=["filter", "Python without filters"])
def test_permissions_and_owners_of_the_archive_are_not_taken_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, filtered: bool
) -> None:
    if not filtered:
        monkeypatch.setattr("kerasviz.data.download._FILTER", {})
    folder, file = special("images", tarfile.DIRTYPE), special("images/a.jpg", tarfile.REGTYPE)
    folder.mode, file.mode = 0o7777, 0o7777
    for member in (folder, file):
        member.uid = member.gid = 12_345
        member.mtime = -1
    path = tmp_path / "images.tar.gz"
    members(path, folder, file, content=b"A")
    unpack(path, "images", tmp_path)
    for made in (tmp_path / "images", tmp_path / "images" / "a.jpg"):
        found = made.stat()
        assert found.st_mode & 0o7022 == 0
        assert (found.st_uid, found.st_gid) == (os.getuid(), os.getgid())
    assert (tmp_path / "images" / "a.jpg").read_bytes() == b"A"


def test_what_tarfile_says_in_five_lines_is_said_in_one(tmp_path: Path) -> None:
    path = tmp_path / "images.tar.gz"
    for content in (b"no archive", b"", b"\x1f\x8b\x08" + bytes(100), bytes(10_000)):
        path.write_bytes(content)
        with pytest.raises(DatasetError) as caught:
            unpack(path, "images", tmp_path)
        assert "\n" not in str(caught.value)


def test_a_damaged_or_strange_archive(tmp_path: Path) -> None:
    path = tmp_path / "images.tar.gz"
    whole = archive_of({"images/a.jpg": bytes(range(256)) * 400})
    for content in (whole[: len(whole) // 2], b"no archive", b""):
        path.write_bytes(content)
        with pytest.raises(DatasetError, match="cannot be unpacked"):
            unpack(path, "images", tmp_path)
    path.write_bytes(archive_of({"other/a.jpg": b"A"}))
    with pytest.raises(DatasetError, match="holds no folder images/"):
        unpack(path, "images", tmp_path)
    assert names_in(tmp_path) == ["images.tar.gz"]
