from __future__ import annotations

from PIL import Image

import kerasviz as kv
from kerasviz.cli import main


def test_the_demo_leaves_a_log_models_and_animations_and_can_be_run_again(tmp_path, capsys) -> None:
    command = ["demo", "--log-dir", str(tmp_path), "--pictures", "64", "--epochs", "1"]
    for _ in range(2):
        assert main(command) == 0
    out = capsys.readouterr().out
    assert "shapes: 64 train, 16 validation, 4 classes" in out
    assert out.endswith(f"look at it: kerasviz board {tmp_path}\n")
    for name in ("kernels-conv1_1.gif", "responses-conv1_2.gif", "responses-conv2_2.gif"):
        with Image.open(tmp_path / name) as animation:
            assert animation.n_frames == 2
    assert kv.class_names(kv.load_model(tmp_path / "best.keras")) == ["circle", "square", "triangle", "star"]
    assert len(list((tmp_path / "evolution").glob("*tfevents*"))) == 1
