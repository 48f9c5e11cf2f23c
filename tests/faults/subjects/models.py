"""Model files: damaged, with altered configs, and those that are made to do harm."""

from __future__ import annotations

import io
import json
import random
import zipfile
from collections.abc import Callable
from pathlib import Path

import h5py
import hostile_models

from faults.damage import damaged
from faults.odd_values import altered, json_values
from faults.subject import Place, Run, Subject
from kerasviz.models import load_model

_MEMBERS = ("config.json", "metadata.json", "model.weights.h5")


def _make(rng: random.Random, place: Place) -> Run:
    path = rng.choice((_damaged, _damaged, _altered_config, _altered_config, _odd_members, _hostile))(
        rng, place
    )
    with_training = rng.random() < 0.3
    return lambda: load_model(path, compile=with_training)


def _whole(rng: random.Random, place: Place) -> Path:
    return place.corpus / rng.choice(("model.keras", "plain.keras", "plain.h5"))


def _damaged(rng: random.Random, place: Place) -> Path:
    whole = _whole(rng, place)
    path = place.inputs / rng.choice((whole.name, "m.keras", "m.h5", "m.hdf5"))
    path.write_bytes(damaged(rng, whole.read_bytes(), [_whole(rng, place).read_bytes()]))
    return path


def _altered_config(rng: random.Random, place: Place) -> Path:
    whole = _whole(rng, place)
    path = place.inputs / whole.name
    path.write_bytes(whole.read_bytes())
    if whole.suffix == ".h5":
        with h5py.File(path, "r+") as file:
            config = altered(rng, json.loads(file.attrs["model_config"]))
            file.attrs["model_config"] = json.dumps(config)[:60_000]
        return path
    name = rng.choice(_MEMBERS[:2])
    _rewrite(path, {name: lambda content: json.dumps(altered(rng, json.loads(content))).encode()})
    return path


def _odd_members(rng: random.Random, place: Place) -> Path:
    whole = place.corpus / rng.choice(("model.keras", "plain.keras"))
    path = place.inputs / whole.name
    path.write_bytes(whole.read_bytes())
    what = rng.randrange(4)
    name = rng.choice(_MEMBERS)
    if what == 0:
        _rewrite(path, {name: lambda content: damaged(rng, content)})
    elif what == 1:
        _rewrite(path, {name: lambda content: json.dumps(json_values(rng)).encode()})
    elif what == 2:
        _rewrite(path, {}, without=name)
    else:
        odd = rng.choice(
            ("../beside/mine.txt", "/tmp/kerasviz-escaped", "a" * 300, "assets/x", "kerasviz.json")
        )
        _rewrite(path, {}, more={odd: rng.choice((b"", b"{}", b"[" * 1000, rng.randbytes(100)))})
    return path


def _hostile(rng: random.Random, place: Place) -> Path:
    beside = place.out.parent / "beside"
    aim = hostile_models.Aim(beside / "sentinel", beside / "mine.txt", beside)
    if rng.random() < 0.2:
        name = rng.choice(list(hostile_models.CONTAINERS))
        path = place.inputs / name
        hostile_models.CONTAINERS[name](path, aim)
        return path
    names = list(hostile_models.FUNCTIONS)
    chosen = rng.choice(names)
    part = hostile_models.function(*chosen), hostile_models.FUNCTIONS[chosen](aim)
    place_of_it = rng.choice(("layer", *hostile_models.PLACES))
    change = rng.choice([hostile_models.put(place_of_it, *part), *hostile_models.special_configs(aim)])
    path = place.inputs / rng.choice(("m.keras", "m.h5"))
    hostile_models.write(path, change)
    return path


def _rewrite(
    path: Path,
    changes: dict[str, Callable[[bytes], bytes]],
    without: str = "",
    more: dict[str, bytes] | None = None,
) -> None:
    """Write an archive anew with some members changed, left out, or added."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            if name != without:
                content = source.read(name)
                target.writestr(name, changes[name](content) if name in changes else content)
        for name, content in (more or {}).items():
            target.writestr(name, content)
    path.write_bytes(buffer.getvalue())


SUBJECT = Subject("models", 150, _make, together=50)
