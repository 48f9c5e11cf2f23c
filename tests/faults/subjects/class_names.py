"""Files of class names: texts and JSON that hold other things."""

from __future__ import annotations

import json
import random

from faults.damage import damaged
from faults.odd_values import TEXTS, altered, json_values
from faults.subject import Place, Run, Subject
from kerasviz.models import read_class_names


def _make(rng: random.Random, place: Place) -> Run:
    chosen = rng.choice(sorted((place.corpus / "names").iterdir()))
    content = chosen.read_bytes()
    what = rng.random()
    if what < 0.4:
        content = damaged(rng, content)
    elif what < 0.7:
        content = json.dumps(altered(rng, ["dark", "light", json_values(rng)])).encode()
    else:
        lines = [rng.choice(TEXTS) for _ in range(rng.randrange(6))]
        content = "\n".join(lines).encode(rng.choice(("utf-8", "utf-16", "utf-8-sig")), "surrogatepass")
    path = place.inputs / chosen.name
    path.write_bytes(content)

    def run() -> None:
        names = read_class_names(path)
        assert all(isinstance(name, str) and name.strip() for name in names)
        assert len(names) >= 2

    return run


SUBJECT = Subject("class-names", 40, _make, together=400)
