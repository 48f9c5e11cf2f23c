from __future__ import annotations

import gzip
import struct
import tracemalloc
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from kerasviz.data import fashion_mnist
from kerasviz.data.sets.idx import read_idx
from kerasviz.errors import DatasetError


def idx(array: np.ndarray, magic: int | None = None) -> bytes:
    sizes = struct.pack(f">{array.ndim}I", *array.shape)
    return struct.pack(">I", 0x0800 + array.ndim if magic is None else magic) + sizes + array.tobytes()


def write(folder: Path, compress: bool = False) -> Path:
    rng = np.random.default_rng(0)
    folder.mkdir(parents=True)
    for part, count in (("train", 20), ("t10k", 10)):
        arrays = {
            f"{part}-images-idx3-ubyte": rng.integers(0, 256, (count, 28, 28), np.uint8),
            f"{part}-labels-idx1-ubyte": np.arange(count, dtype=np.uint8) % 10,
        }
        for name, array in arrays.items():
            if compress:
                (folder / f"{name}.gz").write_bytes(gzip.compress(idx(array)))
            else:
                (folder / name).write_bytes(idx(array))
    return folder


@pytest.mark.parametrize("compress", [False, True])
def test_four_files_plain_or_gzip(tmp_path: Path, compress: bool) -> None:
    data = fashion_mnist.load(write(tmp_path / "f", compress))
    expected = np.random.default_rng(0).integers(0, 256, (20, 28, 28), np.uint8)
    np.testing.assert_array_equal(data.train.images[..., 0], expected)
    assert data.validation.images.shape == (10, 28, 28, 1)
    assert data.train.labels.dtype == np.int32
    assert data.train.labels.tolist() == [*range(10)] * 2
    assert data.class_names[9] == "Ankle boot"


def test_found_in_the_data_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "fashion-mnist")
    monkeypatch.setenv("KERASVIZ_DATA_DIR", str(tmp_path))
    assert len(fashion_mnist.load().train) == 20
    assert len(fashion_mnist.load(tmp_path).train) == 20


def test_keras_is_asked_when_there_is_no_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import keras

    parts = tuple((np.zeros((n, 28, 28), np.uint8), np.zeros(n, np.uint8)) for n in (4, 2))
    monkeypatch.setenv("KERASVIZ_DATA_DIR", str(tmp_path))
    monkeypatch.setattr(keras.datasets.fashion_mnist, "load_data", lambda: parts)
    data = fashion_mnist.load()
    assert (data.train.images.shape, len(data.validation)) == ((4, 28, 28, 1), 2)

    def no_network() -> None:
        raise Exception("URL fetch failure")

    monkeypatch.setattr(keras.datasets.fashion_mnist, "load_data", no_network)
    with pytest.raises(DatasetError, match="URL fetch failure"):
        fashion_mnist.load()
    with pytest.raises(DatasetError, match=r"No Fashion-MNIST in .*train-images-idx3-ubyte"):
        fashion_mnist.load(tmp_path)


IMAGES, LABELS = "train-images-idx3-ubyte", "train-labels-idx1-ubyte"
ZERO_IMAGES = np.zeros((20, 28, 28), np.uint8)


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        (IMAGES, lambda old: old[:-100], "cut off"),
        (IMAGES, lambda old: old[:10], "cut off"),
        (IMAGES, lambda old: old + b"x", "too long"),
        (IMAGES, lambda old: b"", "starts with nothing"),
        (IMAGES, lambda old: b"PK\3\4" + old, "starts with 50 4b 03 04"),
        (IMAGES, lambda old: gzip.compress(old)[:-9], "damaged or cut off"),
        (IMAGES, lambda old: gzip.compress(old)[:60] + b"?" * 90, "damaged or cut off"),
        (
            IMAGES,
            lambda old: idx(ZERO_IMAGES, 0x0803)[:2] + b"\x0d\x03" + old[4:],
            "magic number 00 00 0d 03",
        ),
        (IMAGES, lambda old: idx(np.zeros(20, np.uint8)), "magic number 00 00 08 01"),
        (IMAGES, lambda old: idx(np.zeros((20, 27, 28), np.uint8)), r"shape \(20, 27, 28\)"),
        (IMAGES, lambda old: idx(np.zeros((0, 28, 28), np.uint8)), "one or more"),
        (LABELS, lambda old: idx(np.zeros(19, np.uint8)), "20 pictures and 19 labels"),
        (LABELS, lambda old: idx(np.full(20, 10, np.uint8)), "label 10"),
        (LABELS, lambda old: idx(ZERO_IMAGES), "magic number 00 00 08 03"),
    ],
)
def test_damaged_files(tmp_path: Path, name: str, change: Callable[[bytes], bytes], message: str) -> None:
    path = write(tmp_path / "f") / name
    path.write_bytes(change(path.read_bytes()))
    with pytest.raises(DatasetError, match=message):
        fashion_mnist.load(tmp_path / "f")


HEAD = b"\0\0\x08\x03"


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        # 2**64 elements are 0 of 64 bits, and 2**63 less than none.
        ((2**31, 2**31, 4), "claims 18,446,744,073,709,551,616 bytes"),
        ((2**31, 2**31, 2), "claims 9,223,372,036,854,775,808 bytes"),
        ((2**32 - 1,) * 3, "claims 79,228,162,458,924,105,385,300,197,375 bytes"),
        ((60_000, 28, 28_000), "claims 47,040,000,000 bytes"),
        ((60_000, 28, 28), "is cut off: 16 bytes where"),
    ],
)
@pytest.mark.parametrize("compress", [False, True])
def test_sizes_that_are_only_claimed(
    tmp_path: Path, sizes: tuple[int, ...], message: str, compress: bool
) -> None:
    content = HEAD + struct.pack(">3I", *sizes)
    (tmp_path / "idx").write_bytes(gzip.compress(content) if compress else content)
    tracemalloc.start()
    with pytest.raises(DatasetError, match=message):
        read_idx(tmp_path / "idx", 3)
    assert tracemalloc.get_traced_memory()[1] < 2**26
    tracemalloc.stop()


def test_a_small_file_that_unpacks_to_gigabytes_is_not_unpacked(tmp_path: Path) -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    with (tmp_path / "idx").open("wb") as file:
        file.write(packer.compress(HEAD + struct.pack(">3I", 10, 28, 28)))
        for _ in range(256):
            file.write(packer.compress(bytes(2**20)))
        file.write(packer.flush())
    assert (tmp_path / "idx").stat().st_size < 2**19
    tracemalloc.start()
    with pytest.raises(DatasetError, match=r"is too long: its header \(10 x 28 x 28\) needs 7856 bytes"):
        read_idx(tmp_path / "idx", 3)
    assert tracemalloc.get_traced_memory()[1] < 2**20
    tracemalloc.stop()


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="no file without end")
def test_a_file_without_end() -> None:
    with pytest.raises(DatasetError, match="magic number 00 00 00 00"):
        read_idx(Path("/dev/zero"), 3)


def test_a_missing_file(tmp_path: Path) -> None:
    (write(tmp_path / "f") / LABELS).unlink()
    with pytest.raises(DatasetError, match=f"lacks {LABELS}"):
        fashion_mnist.load(tmp_path / "f")
    with pytest.raises(DatasetError, match="cannot be read"):
        read_idx(tmp_path / "absent", 3)


def test_the_real_files(real_data: Path) -> None:
    data = fashion_mnist.load(real_data)
    assert data.train.images.shape == (60000, 28, 28, 1)
    assert np.bincount(data.train.labels).tolist() == [6000] * 10
    assert np.bincount(data.validation.labels).tolist() == [1000] * 10
