"""Archives fetched whole or not at all, and unpacked without leaving their folder."""

from __future__ import annotations

import tarfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from kerasviz.atomic import atomic_path, errors_in_sentences
from kerasviz.bounds import short
from kerasviz.errors import DatasetError, one_line

# Data sets have three or four; every one costs the system more than the one before.
_DEEPEST = 32
# As Python 3.14 does of itself; some versions that are older than May 2023 have no filters.
_FILTER: dict[str, Any] = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}


@dataclass(frozen=True)
class Archive:
    """A `.tar.gz` file on a server: its name, its SHA-256 digest, and the folder that it holds."""

    name: str
    sha256: str
    folder: str


def download_archives(base_url: str, archives: Iterable[Archive], directory: Path) -> None:
    """Fetch `archives` from `base_url` into `directory` and unpack each one's folder there.

    What is already there is not fetched again: neither an unpacked folder nor an archive whose digest is
    right. An archive is removed once it is unpacked. Progress bars go to the terminal's error output.

    Raises:
        DatasetError: a download failed, an archive's digest is wrong, or it does not hold what it should.
    """
    for archive in archives:
        if not (directory / archive.folder).is_dir():
            path = fetch(base_url.rstrip("/") + "/" + archive.name, archive.sha256, directory)
            unpack(path, archive.folder, directory)
            path.unlink()


def fetch(url: str, sha256: str, directory: Path) -> Path:
    """Download `url` into `directory` under a temporary name, check its digest, and return its path.

    A file that is already there with that digest is returned as it is.

    Raises:
        DatasetError: the download was cut off or refused, or the digest is wrong.
        OutputError: the file cannot be written.
    """
    # pooch brings in requests; only a download needs them.
    import pooch
    import requests

    pooch.get_logger().setLevel("ERROR")
    path = directory / url.rsplit("/", 1)[-1]
    with errors_in_sentences(path):
        if path.is_file() and pooch.file_hash(path) == sha256:
            return path
    # pooch puts its own temporary file beside its target, and would leave it there when it is killed.
    with atomic_path(path) as temporary:
        try:
            pooch.retrieve(
                url,
                known_hash=f"sha256:{sha256}",
                fname=temporary.name,
                path=temporary.parent,
                downloader=pooch.HTTPDownloader(progressbar=True, timeout=60),
            )
        # Of the errors of the system, those of the disk are told apart by the block around.
        except (requests.RequestException, ConnectionError, TimeoutError, ValueError) as error:
            raise DatasetError(
                f"{url} was not downloaded whole ({one_line(error)}). Nothing of it was kept; run the same "
                "again."
            ) from error
    return path


def unpack(path: Path, folder: str, directory: Path) -> None:
    """Unpack `folder` of the archive `path` into `directory`, where it appears whole or not at all.

    Raises:
        DatasetError: the archive is damaged, lacks the folder, or has a member that would land outside the
            target, is a link, or is neither a file nor a folder.
    """
    with atomic_path(directory / folder) as unpacked:
        try:
            with tarfile.open(path) as archive:
                for member in archive:
                    _refuse_unsafe(member, path)
                    # Without what the archive says of owner, time and permissions.
                    archive.extract(member, unpacked.parent, set_attrs=False, **_FILTER)
        except DatasetError:
            raise
        # Damaged bytes may raise nearly anything: TarError, EOFError, zlib.error, ValueError ...
        except Exception as error:
            if isinstance(error, OSError) and error.errno is not None:
                raise  # the disk's fault and not the archive's
            # Of no kind of archive, tarfile says why in five lines.
            reason = "it is no tar archive" if "\n" in str(error) else one_line(error)
            raise DatasetError(
                f"{path} cannot be unpacked ({reason}); remove it and run the same again."
            ) from error
        if not unpacked.is_dir():
            raise DatasetError(f"{path} holds no folder {folder}/; it is not the archive that was expected.")


def _refuse_unsafe(member: tarfile.TarInfo, path: Path) -> None:
    name = PurePosixPath(member.name)
    if name.is_absolute() or ".." in name.parts or "\\" in member.name or ":" in member.name:
        raise DatasetError(
            f"{path} holds {short(member.name)}, which would land outside the target; it was not unpacked."
        )
    if len(name.parts) > _DEEPEST or any(len(part.encode(errors="replace")) > 255 for part in name.parts):
        raise DatasetError(
            f"{path} holds {short(member.name)}, which lies deeper than {_DEEPEST} folders or has a name "
            "that no system takes; it was not unpacked."
        )
    if member.issparse() or not (member.isfile() or member.isdir()):
        raise DatasetError(
            f"{path} holds {short(member.name)}, which is neither a plain file nor a folder; it was not "
            "unpacked."
        )
