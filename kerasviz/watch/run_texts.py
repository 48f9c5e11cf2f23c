"""What TensorBoard's tab Text says of a run: how it trains, and what."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras

from kerasviz.events import EventLog


def log_texts(log: EventLog, step: int, model: keras.Model, settings: Mapping[str, Any]) -> None:
    """Write the texts `settings` and, where a training begins, `summary`.

    Args:
        log: where to.
        step: the optimizer step at which a training begins or goes on.
        model: compiled, or not.
        settings: what is known of the training besides the model's own optimizer and loss.
    """
    log.text("settings", step, settings_table({**compiled_settings(model), **settings}))
    if step == 0:
        log.text("summary", step, summary_block(model))


def compiled_settings(model: keras.Model) -> dict[str, Any]:
    """Return what a model was compiled with: loss, and the numbers of its optimizer."""
    optimizer = getattr(model, "optimizer", None)
    loss = getattr(model, "loss", None)
    found = {} if loss is None else {"loss": getattr(loss, "name", None) or getattr(loss, "__name__", loss)}
    if optimizer is not None:
        config = {name: value for name, value in optimizer.get_config().items() if value not in (None, False)}
        found.update({f"optimizer.{name}": value for name, value in config.items()})
    return found


def settings_table(settings: Mapping[str, Any]) -> str:
    """Return settings as a table in Markdown; those that are dictionaries as a row for each of their own.

    >>> print(settings_table({"epochs": 3, "augmentation": {"flip": True}}))
    | setting | value |
    | --- | --- |
    | epochs | 3 |
    | augmentation.flip | True |
    """
    rows = [f"| {_plain(name)} | {_plain(value)} |" for name, value in _flat(settings)]
    return "\n".join(["| setting | value |", "| --- | --- |", *rows])


def summary_block(model: keras.Model) -> str:
    """Return the model's own summary, as it stands on a terminal."""
    lines: list[str] = []
    model.summary(line_length=100, print_fn=lambda text, **_: lines.append(text))
    return "\n".join(["```", *lines, "```"])


def _flat(settings: Mapping[str, Any]) -> list[tuple[str, Any]]:
    rows: list[tuple[str, Any]] = []
    for name, value in settings.items():
        if isinstance(value, Mapping):
            rows += [(f"{name}.{inner}", one) for inner, one in _flat(value)]
        else:
            rows.append((name, value))
    return rows


def _plain(value: Any) -> str:
    """Return a value as text that Markdown leaves as it is."""
    shown = f"{value:.6g}" if isinstance(value, float) else str(value)  # 0.001, not as float32 has it
    text = " ".join(shown.split()).replace("&", "&amp;").replace("<", "&lt;")
    return "".join(f"\\{sign}" if sign in "\\`*_[]|" else sign for sign in text)
