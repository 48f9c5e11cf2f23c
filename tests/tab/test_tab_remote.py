"""A log that only TensorBoard can read: through its data provider, with both of its loaders."""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import grpc
import numpy as np
import pytest
from tab_client import Buffered, application_of, frames_in
from tensorboard.backend.event_processing.data_provider import MultiplexerDataProvider
from tensorboard.backend.event_processing.plugin_event_multiplexer import EventMultiplexer
from tensorboard.context import RequestContext
from tensorboard.data import grpc_provider, server_ingester
from tensorboard.plugins import base_plugin
from tensorboard.util import grpc_util
from werkzeug.test import Client

from kerasviz.events import EventLog, LayerNote, decode_picture, encode_png, open_log
from kerasviz.film import log_sheet
from kerasviz.pictures import Scale
from kerasviz.tab.loader import Loader

PICTURES = np.random.default_rng(0).integers(0, 256, (12, 8, 9), dtype=np.uint8)
SEEN = encode_png(PICTURES[0])


@pytest.fixture(scope="module")
def log_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("log")
    with EventLog(folder / "pets") as log:
        log.layer_note("kernels/conv", 0, LayerNote("conv", "Conv2D", (None, 3, 3, 4), 112, SEEN))
        for step, picture in enumerate(PICTURES):
            log_sheet(
                log, "kernels/conv", step, picture[None], Scale(0.0, 255.0), kind="kernels", layer="conv"
            )
            log.scalar("drift/conv", step, step / 2)
    return folder


@pytest.fixture(scope="module", params=["slow", "fast"])
def client(request: pytest.FixtureRequest, log_dir: Path) -> Iterator[Client]:
    """Return a client of a tab whose log lies elsewhere, for both of TensorBoard's loaders."""
    with slow_provider(log_dir) if request.param == "slow" else fast_provider(log_dir) as provider:
        yield served(SimpleNamespace(logdir="gs://bucket/log"), provider)


@contextmanager
def slow_provider(log_dir: Path) -> Iterator[MultiplexerDataProvider]:
    multiplexer = EventMultiplexer(tensor_size_guidance={"images": 5, "scalars": 100})
    multiplexer.AddRunsFromDirectory(str(log_dir)).Reload()
    yield MultiplexerDataProvider(multiplexer, str(log_dir))


@contextmanager
def fast_provider(log_dir: Path) -> Iterator[grpc_provider.GrpcDataProvider]:
    with tempfile.TemporaryDirectory() as folder:
        told = Path(folder, "port")
        options = {"logdir": log_dir, "reload": "once", "samples-per-plugin": "images=5", "port": 0}
        command = [server_ingester.get_server_binary().path, "--die-after-stdin", f"--port-file={told}"]
        command += [f"--{name}={value}" for name, value in options.items()]
        with subprocess.Popen(command, stdin=subprocess.PIPE) as server:
            while server.poll() is None and not (told.exists() and told.read_text().endswith("\n")):
                time.sleep(0.05)
            credentials, settings = grpc_util.ChannelCredsType.LOCAL.channel_config()
            address = f"localhost:{told.read_text().strip()}"
            with grpc.secure_channel(address, credentials, options=settings) as channel:
                provider = grpc_provider.GrpcDataProvider(address, grpc_provider.make_stub(channel))
                while not provider.list_runs(RequestContext(), experiment_id=""):
                    time.sleep(0.05)  # it reads while it answers
                yield provider


def served(flags: Any, provider: Any) -> Client:
    plugin = Loader().load(base_plugin.TBContext(flags=flags, data_provider=provider))
    return Buffered(application_of(plugin))


def test_what_tensorboard_has_kept(client: Client, log_dir: Path) -> None:
    answer = client.get("/index")
    said = answer.json
    assert "of each tag there are the 5 steps or fewer" in said["note"]
    (run,) = said["runs"]
    assert (run["run"], run["scalars"]) == ("pets", ["drift/conv"])
    (tag,) = run["tags"]
    assert (tag["tag"], tag["layer"], tag["kind"], len(tag["steps"])) == (
        "kernels/conv",
        "conv",
        "kernels",
        5,
    )
    assert tag["tiles"]["count"] == 1
    assert client.get("/index", headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304

    expected = {frame.step: frame.image for frame in open_log(log_dir).frames("kernels/conv")}
    steps = tag["steps"][::-1]
    query = {"run": "pets", "tag": "kernels/conv", "step": steps}
    for step, (known, picture) in zip(
        steps, frames_in(client.get("/frames", query_string=query)), strict=True
    ):
        assert (known["step"], known["scale"], known["clipped"]) == (step, None, None)
        assert known["caption"] == f"step {step}, scale not known"
        assert known["version"] == tag["versions"][tag["steps"].index(step)]
        np.testing.assert_array_equal(decode_picture(picture), expected[step])

    curve = client.get("/scalars", query_string={"run": "pets", "tag": "drift/conv"}).json
    assert curve == {"steps": list(range(12)), "values": [step / 2 for step in range(12)]}

    note = client.get("/layer", query_string={"run": "pets", "tag": "kernels/conv"}).json
    assert (note["path"], note["shape"], note["parameters"]) == ("conv", [None, 3, 3, 4], 112)
    assert note["picture"].startswith("data:image/png;base64,iVBOR")

    film = {"run": "pets", "tag": "kernels/conv", "format": "gif", "caption": 0}
    assert client.get("/estimate", query_string=film).json["frames"] == 5
    assert client.get("/export", query_string=film).data.startswith(b"GIF89a")


@pytest.mark.parametrize(
    ("route", "query", "said"),
    [
        ("frames", {"run": "pets", "tag": "none", "step": 0}, "no image tag 'none' in the run 'pets'"),
        ("frames", {"run": "cats", "tag": "kernels/conv", "step": 0}, "no image tag 'kernels/conv'"),
        ("frames", {"run": "pets", "tag": "kernels/conv#1", "step": 0}, "at step 0"),
        ("frames", {"run": "pets", "tag": "kernels/conv", "step": 99}, "at step 99"),
        ("scalars", {"run": "pets", "tag": "none"}, "no scalar tag 'none'"),
        ("layer", {"run": "pets", "tag": "none"}, "no image tag 'none'"),
    ],
)
def test_what_is_not_there(client: Client, route: str, query: dict[str, Any], said: str) -> None:
    answer = client.get(f"/{route}", query_string=query)
    assert answer.status_code == 404
    assert said in answer.text


def test_no_log_at_all() -> None:
    answer = served(SimpleNamespace(logdir=""), None).get("/index")
    assert answer.status_code == 404
    assert answer.text.startswith("TensorBoard was started without a log")
