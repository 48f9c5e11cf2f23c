"""Archives fetched whole or not at all, and unpacked without leaving their folder."""

from __future__ import annotations

import os
import tarfile
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from kerasviz.errors import DatasetError


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
    """
    # pooch brings in requests; only a download needs them.
    import pooch
    import requests

    directory.mkdir(parents=True, exist_ok=True)
    pooch.get_logger().setLevel("ERROR")
    name = url.rsplit("/", 1)[-1]
    try:
        return Path(
            pooch.retrieve(
                url,
                known_hash=f"sha256:{sha256}",
                fname=name,
                path=directory,
                downloader=pooch.HTTPDownloader(progressbar=True, timeout=60),
            )
        )
    except (OSError, ValueError, requests.RequestException) as error:
        raise DatasetError(
            f"{url} was not downloaded whole ({error}). Nothing of it was kept; run the same again."
        ) from error


def unpack(path: Path, folder: str, directory: Path) -> None:
    """Unpack `folder` of the archive `path` into `directory`, where it appears whole or not at all.

    Raises:
        DatasetError: the archive is damaged, lacks the folder, or has a member that would land outside the
            target, is a link, or is neither a file nor a folder.
    """
    with tempfile.TemporaryDirectory(prefix=".unpacking-", dir=directory) as temporary:
        try:
            with tarfile.open(path) as archive:
                for member in archive:
                    _refuse_unsafe(member, path)
                    if hasattr(tarfile, "data_filter"):
                        archive.extract(member, temporary, filter="data")
                    else:
                        archive.extract(member, temporary)
        except (tarfile.TarError, EOFError, OSError) as error:
            raise DatasetError(
                f"{path} cannot be unpacked ({error}); remove it and run the same again."
            ) from error
        unpacked = Path(temporary) / folder
        if not unpacked.is_dir():
            raise DatasetError(f"{path} holds no folder {folder}/; it is not the archive that was expected.")
        os.replace(unpacked, directory / folder)


def _refuse_unsafe(member: tarfile.TarInfo, path: Path) -> None:
    name = PurePosixPath(member.name)
    if name.is_absolute() or ".." in name.parts or "\\" in member.name or ":" in member.name:
        raise DatasetError(
            f"{path} holds {member.name!r}, which would land outside the target; it was not unpacked."
        )
    if not (member.isfile() or member.isdir()):
        raise DatasetError(
            f"{path} holds {member.name!r}, which is neither a plain file nor a folder; it was not unpacked."
        )
