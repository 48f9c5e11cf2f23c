"""Every flag that is a number, of every command: out of bounds it is one sentence, and nothing is run."""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterator

import pytest

from kerasviz.cli import main
from kerasviz.cli.main import COMMANDS, build_parser
from kerasviz.cli.parts.number_flags import Number

Parsers = Iterator[tuple[tuple[str, ...], argparse.ArgumentParser]]


def parsers(parser: argparse.ArgumentParser, words: tuple[str, ...] = ()) -> Parsers:
    """Yield a parser and those of its sub-commands, with the words that lead there."""
    yield words, parser
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, other in action.choices.items():
                yield from parsers(other, (*words, name))


def whole(command: str) -> argparse.ArgumentParser:
    """Return the parser of all, that of `command` with its arguments, which it gets when it is called."""
    parser = build_parser()
    with pytest.raises(SystemExit):
        parser.parse_args([command, "--help"])
    return parser


@pytest.fixture(scope="module")
def numbers() -> dict[str, Number]:
    """Return every number that a command takes, by command and flag."""
    found = {}
    for command in COMMANDS:
        for words, parser in parsers(whole(command)):
            for action in parser._actions:
                assert action.type not in (int, float), f"{words} {action.option_strings} has no bounds"
                if isinstance(action, Number):
                    found[" ".join((*words, action.option_strings[0]))] = action
    return found


def outside(action: Number) -> Iterator[str]:
    yield from ("", "two", "nan", "inf", "-inf", "9" * 5000, "1_", "\N{SUPERSCRIPT TWO}", "0x10")
    bounds = action.bounds
    if bounds.low is not None:
        yield str(bounds.low if bounds.above else bounds.low - 1)
    if bounds.high is not None:
        yield str(bounds.high if bounds.below else bounds.high + 1)


def test_numbers_out_of_bounds_are_refused(numbers: dict[str, Number]) -> None:
    from kerasviz.errors import InputError

    assert len(numbers) > 60
    for name, action in numbers.items():
        for text in outside(action):
            flag = name.split()[-1]
            with pytest.raises(InputError) as caught:
                action(argparse.ArgumentParser(), argparse.Namespace(), text, flag)
            said = str(caught.value)
            assert said.startswith(f"{flag} is "), name
            assert said.endswith(f"; it must be {action.bounds.expected}."), name
            assert len(said) < 200
            assert "\n" not in said


def test_every_default_is_within_its_bounds(numbers: dict[str, Number]) -> None:
    for name, action in numbers.items():
        if action.default not in (None, argparse.SUPPRESS):
            assert action.bounds.found(action.default) == action.default, name


def test_bounds_are_finite_where_the_memory_is(numbers: dict[str, Number]) -> None:
    for name in ("cam --batch-size", "embed --count", "cam --image-size", "train shapes --pictures"):
        assert math.isfinite(numbers[name].bounds.high or math.inf), name


@pytest.mark.parametrize(
    "arguments",
    [
        "demo --seed -1",
        "train shapes --log-dir LOG --seed 4294967296",
        "train shapes --log-dir LOG --pictures 0",
        "train shapes --log-dir LOG --image-size 1000000",
        "train shapes --log-dir LOG --learning-rate nan",
        "train pets --log-dir LOG --split 1",
        "cam MODEL.keras PICTURE.png --batch-size 0",
        "cam MODEL.keras PICTURE.png --threshold nan",
        "features MODEL.keras PICTURE.png --layer conv --top 0",
        "explain MODEL.keras PICTURE.png --smooth 0",
        "gif LOG --all --upscale 0",
        "gif LOG --all --fps inf",
        "evaluate MODEL.keras --data shapes --threshold nan",
        "maximize MODEL.keras --columns 0",
    ],
)
def test_a_command_says_it_in_a_sentence(
    arguments: str, tmp_path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    given = arguments.split()
    assert main(given) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"kerasviz {given[0]}: {given[-2]} is {given[-1]}; it must be ")
    assert said.count("\n") == 1
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("value", ["nan", "-0.1", "1e400", "9" * 5000, "[" * 5000, "None"])
def test_options_of_methods_too(value: str, tmp_path, capsys: pytest.CaptureFixture[str]) -> None:
    from PIL import Image

    Image.new("RGB", (8, 8)).save(tmp_path / "a.png")
    given = ["explain", "resnet50", str(tmp_path / "a.png"), "--method", "smooth_grad", "--noise", value]
    assert main(given) == 2
    said = capsys.readouterr().err
    assert said.startswith("kerasviz explain: noise is ")
    assert said.endswith("; smooth_grad takes a number from 0 to 100 there.\n")
    assert len(said) < 250
