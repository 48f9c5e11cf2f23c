"""Which parts of a transfer model train: the head alone, or the last blocks of the backbone too."""

from __future__ import annotations

import keras
from keras import layers

from kerasviz.errors import InputError, UnsupportedModelError
from kerasviz.models.transfer import HEAD


def freeze_backbone(model: keras.Model) -> None:
    """Let only the head of a transfer model train. Compile the model after this call.

    The frozen batch normalisation runs in inference mode: it uses its moving statistics and does not change
    them, whatever `training` is.

    Raises:
        UnsupportedModelError: the model was not made by `transfer`.

    >>> from kerasviz.models.transfer import transfer
    >>> model = transfer("MobileNetV2", 2, weights=None, image_size=32, hidden=8)
    >>> freeze_backbone(model)
    >>> len(model.trainable_weights)
    4
    """
    for layer in _backbone_layers(model):
        layer.trainable = False


def unfreeze_last_blocks(model: keras.Model, blocks: int) -> list[str]:
    """Let the head and the last `blocks` blocks of the backbone train. Compile the model after this call.

    A block ends where the whole signal has come together in one tensor again: at the sum that ends a residual
    block, at the concatenation that ends a dense or an inception block. In a backbone without such merging
    layers (VGG, MobileNet, ConvNeXt) it ends where the height of the feature maps shrinks. What follows the
    last end is counted as a block when it has weights other than those of batch normalisation, and otherwise
    trains with the last block. The cells of NASNet overlap: it is one block.

    Batch normalisation stays frozen, and so in inference mode, in the unfrozen blocks too.

    Returns:
        The names of the layers that are now trainable and have weights, head excepted, in order.

    Raises:
        InputError: `blocks` is negative or larger than the number of blocks.
        UnsupportedModelError: the model was not made by `transfer`.

    >>> from kerasviz.models.transfer import transfer
    >>> model = transfer("resnet50", 2, weights=None, image_size=32, hidden=8)
    >>> unfreeze_last_blocks(model, 1)
    ['conv5_block3_1_conv', 'conv5_block3_2_conv', 'conv5_block3_3_conv']
    """
    backbone = _backbone_layers(model)
    found = _blocks(backbone)
    if not 0 <= blocks <= len(found):
        raise InputError(f"the backbone has {len(found)} blocks, but the last {blocks} were to be unfrozen.")
    for layer in model.layers:
        layer.trainable = True  # a nested backbone too: what it holds is set one by one below
    chosen = {id(layer) for block in found[len(found) - blocks :] for layer in block}
    trained = []
    for layer in backbone:
        layer.trainable = id(layer) in chosen and not isinstance(layer, layers.BatchNormalization)
        if layer.trainable and layer.weights:
            trained.append(layer.name)
    return trained


def _backbone_layers(model: keras.Model) -> list[layers.Layer]:
    """Return the layers of the backbone in order, from inside the nested model where there is one."""
    names = [layer.name for layer in model.layers]
    if names[-len(HEAD) :] != list(HEAD):
        raise UnsupportedModelError(
            f"the model {model.name!r} does not end in the layers {', '.join(HEAD)}: only models made by "
            "kerasviz.models.transfer have a backbone that is known; set layer.trainable yourself."
        )
    body = model.layers[: -len(HEAD)]
    return body[-1].layers if isinstance(body[-1], keras.Model) else body


def _blocks(backbone: list[layers.Layer]) -> list[list[layers.Layer]]:
    """Divide the layers into blocks; see `unfreeze_last_blocks`."""
    joints = _joints(backbone)
    ends = [i for i in joints if _merges(backbone[i])] or [i for i in joints if _shrinks(backbone[i])]
    starts = [0, *(end + 1 for end in ends)]
    blocks = [backbone[a:b] for a, b in zip(starts, [*starts[1:], len(backbone)], strict=True)]
    whole: list[list[layers.Layer]] = []
    for block in blocks:
        if whole and not any(_has_kernel(layer) for layer in block):
            whole[-1].extend(block)
        else:
            whole.append(list(block))
    return whole


def _joints(backbone: list[layers.Layer]) -> list[int]:
    """Return the positions of the layers whose output is the only tensor that later layers use."""
    last_use = {}
    for position, layer in enumerate(backbone):
        for tensor in keras.tree.flatten(layer.input):
            last_use[id(tensor)] = position
    joints, alive = [], {}
    for position, layer in enumerate(backbone):
        alive[id(layer.output)] = last_use.get(id(layer.output), position)
        alive = {tensor: last for tensor, last in alive.items() if last > position}
        if list(alive) == [id(layer.output)]:
            joints.append(position)
    return joints


def _merges(layer: layers.Layer) -> bool:
    # The Multiply of a squeeze-and-excite gate lies in the middle of a block.
    return len(keras.tree.flatten(layer.input)) > 1 and not isinstance(layer, layers.Multiply)


def _shrinks(layer: layers.Layer) -> bool:
    height = layer.output.shape[1]
    return any(height < tensor.shape[1] for tensor in keras.tree.flatten(layer.input))


def _has_kernel(layer: layers.Layer) -> bool:
    return bool(layer.weights) and not isinstance(layer, layers.BatchNormalization)
