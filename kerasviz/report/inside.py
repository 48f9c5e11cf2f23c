"""The sections that look into the network: kernels, filtered pictures, feature maps."""

from __future__ import annotations

import keras
import numpy as np

from kerasviz.errors import UnsupportedModelError
from kerasviz.images import as_gray, as_rgb, resize_image
from kerasviz.layer_filters import LayerFilters, layer_filters
from kerasviz.pictures import (
    DIVERGING,
    Scale,
    clear_color,
    colorize,
    default_colormap,
    filter_image,
    filter_tiles,
    map_tiles,
    scale_of,
    sheet,
    symmetric,
)
from kerasviz.pictures.figures import feature_order
from kerasviz.probe import LayerInfo, Probe, has_kernel, layers, walk
from kerasviz.report.charts import color_bar
from kerasviz.report.inline_picture import MOST_ACROSS, img
from kerasviz.report.markup import Html, join, tag
from kerasviz.report.subject import Subject

# Layers whose kernels are drawn, and layers whose feature maps are; filters and maps of each.
KERNEL_LAYERS, FEATURE_LAYERS = 2, 4
MOST_PAIRS, MOST_MAPS = 64, 64
# Sides in pixels: of a filtered picture, of a feature map; on a wide screen, of a tile and of a sheet.
_EFFECT, _MAP, _TILE, _SHEET = 96, 64, 96, 680


def kernels(subject: Subject) -> Html:
    """Return sheets of all filters of the first convolutions."""
    parts = [tag("p", "Every filter, one scale around 0 for each layer.")]
    for one in _first_filters(subject.model):
        tiles = filter_tiles(one.kernel.filters())
        scale = symmetric(tiles)
        colormap = "gray" if tiles.ndim == 4 else DIVERGING
        picture = sheet(tiles, scale, colormap=colormap)
        parts += _sheet(one.title("auto"), picture, tiles.shape[2], scale, colormap)
    return join(parts)


def filtered(subject: Subject) -> Html:
    """Return each filter of the first convolutions beside its effect on a picture."""
    image = subject.shown(subject.example())
    text = (
        "Each filter beside what it makes of the picture, without the layer's bias and activation: mid-grey "
        "is 0. Filters for RGB run colour by colour, those with other inputs are averaged over them and run "
        "over the grey picture."
    )
    parts = [tag("p", text)]
    for one in _first_filters(subject.model):
        kernel = one.kernel.filters()
        tiles = filter_tiles(kernel)
        picture = as_rgb(image) if tiles.ndim == 4 else as_gray(image)
        longest = max(picture.shape[:2])
        if longest > _EFFECT:
            height, width = (max(1, round(side * _EFFECT / longest)) for side in picture.shape[:2])
            picture = resize_image(picture, (height, width))
        parts += _pairs(one, tiles, filter_image(picture, tiles))
    return join(parts)


def feature_maps(subject: Subject) -> Html:
    """Return feature maps of one picture: some convolutions from the first to the last."""
    index = subject.example()
    batch = subject.batch([index])
    chosen = _feature_layers(list(layers(subject.model, batch)))
    probe = Probe(subject.model, [info.path for info in chosen], preprocessed=True)
    found = probe.activations(batch)
    name = subject.name(int(subject.evaluation.labels[index]))
    about = f"What layers compute on this picture of {name}. One scale for all maps of a layer."
    parts = [
        tag("p", about),
        tag(
            "div",
            img(subject.box(index).dimmed(subject.enlarged(index)), f"Picture of {name}"),
            class_="paper",
        ),
    ]
    for info in chosen:
        maps = found[info.path][0]
        tiles = map_tiles(maps)
        order = feature_order(maps)[:MOST_MAPS]
        scale = scale_of(tiles)
        colormap = default_colormap(scale)
        shape = " x ".join(map(str, maps.shape))
        count = f"all {len(tiles)}" if len(order) == len(tiles) else f"{len(order)} of {len(tiles)}"
        title = f"{info.path}: {shape}, {count} maps, the most active first"
        colors = [_reduced(tile) for tile in colorize(tiles[order], scale, colormap)]
        picture = sheet(np.stack(colors), gap_color=clear_color(colormap))
        parts += _sheet(title, picture, colors[0].shape[1], scale, colormap)
    return join(parts)


def _first_filters(model: keras.Model) -> list[LayerFilters]:
    """Return the kernels of the first two-dimensional convolutions larger than 1 x 1."""
    found: list[LayerFilters] = []
    for place in walk(model):
        kind = type(place.layer).__name__
        if "Conv2D" in kind and "Transpose" not in kind and has_kernel(place.layer) and not place.loop:
            found += [one for one in layer_filters(model, place.path) if _is_spatial(one)][:1]
        if len(found) == KERNEL_LAYERS:
            break
    if not found:
        raise UnsupportedModelError("the model has no two-dimensional convolution larger than 1 x 1.")
    return found


def _is_spatial(one: LayerFilters) -> bool:
    height, width = one.kernel.value.shape[:2]
    return height * width > 1


def _feature_layers(found: list[LayerInfo]) -> list[LayerInfo]:
    spatial = [
        info
        for info in found
        if info.is_target and info.output_shape is not None and len(info.output_shape) == 4
    ]
    convolutions = [info for info in spatial if "Conv" in info.kind] or spatial
    if not convolutions:
        raise UnsupportedModelError("the model has no layer whose output is a map (h, w, channels).")
    places = np.linspace(0, len(convolutions) - 1, min(FEATURE_LAYERS, len(convolutions)))
    return [convolutions[at] for at in places.round().astype(int)]


def _pairs(one: LayerFilters, tiles: np.ndarray, effects: np.ndarray) -> list[Html]:
    weights, results = symmetric(tiles), symmetric(effects)
    colormap = "gray" if tiles.ndim == 4 else DIVERGING
    shown = min(len(tiles), MOST_PAIRS)
    cards = []
    for index in range(shown):
        pair = tag(
            "div",
            img(sheet(tiles[index : index + 1], weights, colormap=colormap), f"Filter {index} of {one.path}"),
            img(sheet(effects[index : index + 1], results), f"Picture filtered with filter {index}"),
            class_="pair",
        )
        cards.append(tag("figure", pair, tag("figcaption", str(index)), class_="card"))
    count = "" if shown == len(tiles) else f" The first {shown} of {len(tiles)} are shown."
    return [
        tag("h3", one.title("auto")),
        tag("p", f"Weights (left) and filtered picture (right) on these scales.{count}", class_="note"),
        color_bar(weights, colormap, "weight"),
        color_bar(results, "gray", "filtered picture"),
        tag("div", *cards, class_="cards small"),
    ]


def _sheet(title: str, picture: np.ndarray, tile: int, scale: Scale, colormap: str) -> list[Html]:
    """Return the heading, the sheet at a whole multiple of its size, and its colour bar."""
    factor = max(1, min(_SHEET // picture.shape[1], _TILE // tile))
    return [
        tag("h3", title),
        tag("div", img(picture, title, MOST_ACROSS, factor * picture.shape[1]), class_="paper"),
        color_bar(scale, colormap, title),
    ]


def _reduced(tile: np.ndarray) -> np.ndarray:
    """Return a tile of at most 64 pixels a side."""
    height, width = tile.shape[:2]
    longest = max(height, width)
    if longest <= _MAP:
        return tile
    return resize_image(tile, (max(1, round(height * _MAP / longest)), max(1, round(width * _MAP / longest))))
