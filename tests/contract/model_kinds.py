"""The kinds of models that people bring: what works on each, and the sentence where something does not.

`test_contract.py` holds every line, and `docs/models.md` is written from them (`contract_page.py`).
"""

from __future__ import annotations

import dataclasses
import functools

import convolutional_networks as networks
from application_networks import FAMILIES, application
from convolutional_networks import network
from dense_networks import predicted_region, region, segmented_line
from hub_networks import classifier
from keras import layers as kl
from model_kind import Kind, Refusal, named
from networks_from_files import from_file
from token_networks import crnn, film, vision_transformer, windowed_transformer

from kerasviz.errors import TargetError, UnsupportedModelError
from kerasviz.probe import top_class

OTHER_HEAD = Refusal(
    ("cam",),
    UnsupportedModelError,
    "CAM needs global average pooling and one linear layer between layer LAYER and the score. This network "
    "goes on otherwise from there: use grad_cam.",
)
MORE_OF_THE_MEANS = Refusal(
    ("cam",),
    UnsupportedModelError,
    "CAM needs global average pooling and one linear layer between layer LAYER and the score. This network "
    "averages the maps, and computes more of the means than a linear layer does, so that no channel has one "
    "weight: use grad_cam.",
)
NO_RELU = Refusal(
    ("guided_backpropagation", "guided_grad_cam"),
    UnsupportedModelError,
    "The model has no ReLU, and guided backpropagation is nothing but another derivative for it: use "
    "saliency.",
)
SAY_WHICH = Refusal(
    # Attention is looked for first.
    named(lambda method: "attention" not in method.name),
    TargetError,
    "The model has 2 outputs: breed, ill; say which to explain: target=top_class(output='breed'), or "
    "explain_outputs for each.",
)


def at(refusal: Refusal, layer: str) -> Refusal:
    """Return what is said of a layer."""
    return dataclasses.replace(refusal, layer=layer)


REFUSED_BY_APPLICATIONS = {
    "EfficientNetB0": [NO_RELU],
    "EfficientNetV2B0": [NO_RELU],
    "ConvNeXtTiny": [NO_RELU, at(MORE_OF_THE_MEANS, "add_17")],
    "VGG16": [at(OTHER_HEAD, "block5_conv3")],
    "MobileNetV3Small": [at(MORE_OF_THE_MEANS, "activation_17")],
}
NO_ATTENTION = Refusal(
    ("attention_rollout", "gradient_attention"),
    UnsupportedModelError,
    "The explained output depends on no keras.layers.MultiHeadAttention, of whose scores such a map is made: "
    "use grad_cam, which needs none.",
)
ATTENTION_IN_WINDOWS = Refusal(
    NO_ATTENTION.methods,
    UnsupportedModelError,
    "Attention layer multi_head_attention has scores of shape (N, 2, 2, 8, 8); maps of attention need those "
    "of all tokens with all, (N, heads, T, T). It attends within windows or along some axes: use grad_cam.",
)
ATTENDING = ("hub_ViT", "class_token", "tokens", "windows")
# Of each way to compute one: enough where only the numbers or the file differ from another kind.
FEW = ("grad_cam", "ablation_cam", "rise", "saliency", "guided_backpropagation")

_KINDS = (
    Kind("flat", "Functional", network),
    Kind("nested", "Functional, with a model inside", networks.nested),
    Kind("sequential", "Sequential", networks.sequential, quickly=FEW),
    Kind("subclassed", "Subclassed", networks.subclassed),
    Kind("shared", "A layer called twice", networks.shared, quickly=FEW),
    Kind("operators", "Residual, `a + b` in place of layers", networks.residual, quickly=FEW),
    Kind("several_inputs", "Several inputs, one of them a picture", networks.several_inputs),
    Kind("several_outputs", "Several outputs", networks.several_outputs, [SAY_WHICH]),
    Kind(
        "one_of_several_outputs",
        "Several outputs, one of them named",
        functools.partial(networks.several_outputs, asked={"target": top_class(output="breed")}, output=0),
        asked='target=top_class(output="breed")',
        quickly=FEW,
    ),
    Kind("softmax_layer", "Ends in a softmax layer", networks.softmax_layer, quickly=FEW),
    Kind("logits", "Ends in logits", functools.partial(network, activation=None), quickly=FEW),
    Kind("one_sigmoid", "One sigmoid", functools.partial(network, 1, "sigmoid"), quickly=FEW),
    Kind("one_unit", "One unit without an activation", functools.partial(network, 1, None), quickly=FEW),
    Kind(
        "sigmoids",
        "A sigmoid for each of several labels",
        functools.partial(network, 4, "sigmoid"),
        quickly=FEW,
    ),
    Kind(
        "max_pooling",
        "Global max pooling",
        functools.partial(network, pool=kl.GlobalMaxPooling2D),
        [at(OTHER_HEAD, "conv2d_1")],
        quickly=FEW,
    ),
    Kind(
        "flattened",
        "A flattened, dense head",
        functools.partial(network, pool=kl.Flatten),
        [at(OTHER_HEAD, "conv2d_1")],
        quickly=FEW,
    ),
    Kind("line", "1D", functools.partial(networks.of_axes, 1)),
    Kind("volume", "3D", functools.partial(networks.of_axes, 3)),
    Kind("mixed_float16", "`mixed_float16`", functools.partial(networks.half, "mixed_float16")),
    Kind(
        "mixed_bfloat16", "`mixed_bfloat16`", functools.partial(networks.half, "mixed_bfloat16"), quickly=FEW
    ),
    Kind(
        "bfloat16", "`bfloat16`, the weights too", functools.partial(networks.half, "bfloat16"), quickly=FEW
    ),
    Kind("channels_first", "`channels_first`", networks.channels_first),
    Kind(
        "from_0_to_1",
        "Takes 0..1, and does not say so",
        functools.partial(networks.of_range, 0, 1),
        asked="input_range=(0, 1)",
        quickly=FEW,
    ),
    Kind(
        "from_minus_1_to_1",
        "Takes -1..1, and does not say so",
        functools.partial(networks.of_range, -1, 1),
        asked="input_range=(-1, 1)",
        quickly=FEW,
    ),
    Kind("rescaling", "Takes 0..255 and scales it at its front", networks.rescaling, quickly=FEW),
    Kind("preprocessor", "Carries a preprocessor", networks.carrying, quickly=FEW),
    Kind("h5", "From an .h5 file", functools.partial(from_file, "model.h5"), quickly=FEW),
    Kind("keras", "From a .keras file", functools.partial(from_file, "model.keras"), quickly=FEW),
    Kind(
        "u_net", "U-Net, the region of its most common class", predicted_region, [at(OTHER_HEAD, "conv2d_2")]
    ),
    Kind(
        "region",
        "U-Net, a region of one class",
        region,
        [at(OTHER_HEAD, "conv2d_2")],
        asked="target=region_score(mask, 1)",
        quickly=FEW,
    ),
    Kind(
        "segmented_line",
        "1D, a class for each step",
        segmented_line,
        [at(OTHER_HEAD, "conv1d_1")],
        quickly=FEW,
    ),
    Kind(
        "class_token",
        "ViT with a class token",
        functools.partial(vision_transformer, True),
        [at(OTHER_HEAD, "layer_normalization_2"), NO_RELU],
    ),
    Kind(
        "tokens",
        "ViT, the mean of its tokens",
        functools.partial(vision_transformer, False),
        [NO_RELU],
        quickly=FEW,
    ),
    Kind(
        "windows",
        "Swin-like, blocks that return (N, h, w, C)",
        windowed_transformer,
        [NO_RELU, ATTENTION_IN_WINDOWS],
        quickly=FEW,
    ),
    Kind("crnn", "CRNN, columns through a recurrent layer", crnn, [at(OTHER_HEAD, "conv2d_1")], quickly=FEW),
    Kind(
        "film", "`TimeDistributed`, frames of a film", film, [at(OTHER_HEAD, "time_distributed")], quickly=FEW
    ),
    *(
        Kind(
            f"hub_{name}",
            f"`keras_hub.models.{name}ImageClassifier`",
            functools.partial(classifier, name),
            refusals,
            quickly=(),
        )
        for name, refusals in (
            ("ResNet", []),
            ("EfficientNet", [NO_RELU]),
            ("ViT", [at(OTHER_HEAD, "vi_t_backbone/vit_encoder/transformer_block_1/ln_1"), NO_RELU]),
        )
    ),
    *(
        Kind(
            f"applications_{name}",
            f"`keras.applications.{name}`",
            functools.partial(application, name, side, values),
            REFUSED_BY_APPLICATIONS.get(name, ()),
            quickly=("grad_cam", "saliency") if name in ("MobileNet", "ResNet50") else (),
        )
        for name, side, values in FAMILIES
    ),
)
KINDS = tuple(
    kind if kind.name in ATTENDING else dataclasses.replace(kind, refusals=[*kind.refusals, NO_ATTENTION])
    for kind in _KINDS
)
