"""Event logs: damaged bytes, and whole records that hold odd things."""

from __future__ import annotations

import json
import os
import random
import shutil
from pathlib import Path

from tensorboard.compat.proto import event_pb2, summary_pb2, tensor_pb2, tensor_shape_pb2, types_pb2

from faults.damage import damaged
from faults.odd_values import NUMBERS, TEXTS, altered
from faults.subject import Place, Run, Subject, command
from kerasviz.events import open_log
from kerasviz.events.meta import pack
from kerasviz.events.records import GrowingRecords, frame_record

_STEPS = (-(2**63), -1, 0, 1, 2**31, 2**63 - 1)
_TAGS = (
    *(text for text in TEXTS if "\udcff" not in text),
    "../out",
    "/",
    "photo",
    "photo#1",
    "epoch_loss",
    "\0",
)
_PLUGINS = ("", "images", "scalars", "histograms", "text", "graph_keras_model", "other")
_SHAPES: tuple[tuple[int, ...], ...] = (
    (),
    (0,),
    (1,),
    (2,),
    (3,),
    (-1,),
    (10**5, 10**5),
    (2**40,),
    (1,) * 300,
)
_FORMATS = ("gif", "png", "webp", "mp4")


def _make(rng: random.Random, place: Place) -> Run:
    log = place.inputs / "log"
    shutil.copytree(place.corpus / "log", log)
    damage_log(rng, log)
    what = rng.random()
    if what < 0.6:
        return lambda: read_all(log)
    arguments = ["--all", "--out", place.out / "films", "--format", rng.choices(_FORMATS, (6, 4, 2, 1))[0]]
    return command("gif", log, *(arguments if what < 0.9 else []))


def damage_log(rng: random.Random, log: Path) -> None:
    """Damage a log, or put odd things into it."""
    path = rng.choice(sorted(log.glob("*/*")))
    rng.choice((_damage_bytes, _damage_bytes, _damage_records, _add_odd_records, _odd_folder))(rng, path)


def read_all(log: Path) -> None:
    """Read everything that a log holds, as the commands do."""
    opened = open_log(log)
    for info in opened.tags():
        if info.kind == "image":
            for frame in opened.frames(info.tag, info.run):
                assert frame.image.dtype == "uint8"
                bool(frame.meta)
            opened.last_meta(info.tag, info.run)
        elif info.kind == "scalar":
            assert all(isinstance(value, float) for _, value in opened.scalars(info.tag, info.run))
        str(opened.damage_of(info))


def _damage_bytes(rng: random.Random, path: Path) -> None:
    path.write_bytes(damaged(rng, path.read_bytes(), [other.read_bytes() for other in path.parent.iterdir()]))


def _damage_records(rng: random.Random, path: Path) -> None:
    """Damage what is inside of some records, and give them the right lengths and checksums."""
    records = [data for _, data in GrowingRecords(path).read()]
    for _ in range(rng.randint(1, 5)):
        at = rng.randrange(len(records))
        records[at] = damaged(rng, records[at], records)
    path.write_bytes(b"".join(map(frame_record, records)))


def _add_odd_records(rng: random.Random, path: Path) -> None:
    with path.open("ab") as file:
        for _ in range(rng.randint(1, 5)):
            event = event_pb2.Event(step=rng.choice(_STEPS), wall_time=rng.choice(NUMBERS))
            for _ in range(rng.choice((0, 1, 3, 200))):
                event.summary.value.append(_odd_value(rng))
            file.write(frame_record(event.SerializeToString()))


def _odd_value(rng: random.Random) -> summary_pb2.Summary.Value:
    value = summary_pb2.Summary.Value(tag=rng.choice(_TAGS))
    value.metadata.plugin_data.plugin_name = rng.choice(_PLUGINS)
    meta = {
        "kind": "responses",
        "scale": [0, 1],
        "tiles": {"count": 2, "columns": 1, "height": 2},
        "scales": [[0, 1]],
    }
    value.metadata.plugin_data.content = damaged(
        rng, b"\x08\x00" + pack(json.loads(json.dumps(altered(rng, meta), default=str)))
    )
    what = rng.randrange(4)
    if what == 0:
        value.simple_value = rng.choice((float("nan"), float("inf"), 0.0))
    elif what == 1:
        value.image.width, value.image.height = rng.choice(((0, 0), (2**31 - 1, 2**31 - 1), (-1, 5)))
        value.image.encoded_image_string = rng.choice((b"", b"\x89PNG", rng.randbytes(30)))
    else:
        value.tensor.CopyFrom(_odd_tensor(rng))
    return value


def _odd_tensor(rng: random.Random) -> tensor_pb2.TensorProto:
    dims = [tensor_shape_pb2.TensorShapeProto.Dim(size=size) for size in rng.choice(_SHAPES)]
    tensor = tensor_pb2.TensorProto(
        dtype=rng.choice(list(types_pb2.DataType.values())),
        tensor_shape=tensor_shape_pb2.TensorShapeProto(dim=dims, unknown_rank=rng.random() < 0.1),
    )
    texts = (b"", b"5", b"-1", b"9" * 30, b"a", b"\x89PNG\r\n\x1a\n", "٣".encode())
    tensor.string_val.extend(rng.choice(texts) for _ in range(rng.choice((0, 1, 2, 3, 5, 100))))
    tensor.float_val.extend(rng.choice(NUMBERS) for _ in range(rng.randrange(3)) if rng.random() < 0.5)
    tensor.tensor_content = rng.choice((b"", b"\0", rng.randbytes(8)))
    return tensor


def _odd_folder(rng: random.Random, path: Path) -> None:
    """Put what is no event file where event files are looked for."""
    other = path.with_name("events.out.tfevents.9.odd")
    what = rng.randrange(6)
    if what == 0:
        other.mkdir()
    elif what == 1:
        other.symlink_to(path.with_name("missing"))
    elif what == 2:
        os.mkfifo(other)
    elif what == 3:
        other.symlink_to(path.parent)
    elif what == 4:
        other.write_bytes(b"")
    else:
        path.unlink()


SUBJECT = Subject("logs", 250, _make, together=100)
