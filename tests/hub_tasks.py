"""Classifiers of keras_hub, small ones with random weights, for the tests that know them."""

from __future__ import annotations

import keras
import pytest

SIDE = 32


def hub_task(kind: str) -> keras.Model:
    """Return a classifier of keras_hub with random weights; its pictures are cropped, padded or stretched."""
    hub = pytest.importorskip("keras_hub", reason="keras_hub is not installed: pip install keras-hub")
    keras.utils.set_random_seed(0)
    if kind == "ResNet":
        backbone = hub.models.ResNetBackbone(
            input_conv_filters=[64],
            input_conv_kernel_sizes=[3],
            stackwise_num_filters=[64, 64],
            stackwise_num_blocks=[1, 1],
            stackwise_num_strides=[1, 2],
            block_type="basic_block",
            image_shape=(SIDE, SIDE, 3),
        )
        task, way = hub.models.ResNetImageClassifier, {"crop_to_aspect_ratio": True}
    elif kind == "EfficientNet":
        backbone = hub.models.EfficientNetBackbone(
            stackwise_width_coefficients=[1.0] * 2,
            stackwise_depth_coefficients=[1.0] * 2,
            stackwise_kernel_sizes=[3, 3],
            stackwise_num_repeats=[1, 1],
            stackwise_input_filters=[16, 16],
            stackwise_output_filters=[16, 24],
            stackwise_expansion_ratios=[1, 4],
            stackwise_strides=[1, 2],
            stackwise_squeeze_and_excite_ratios=[0.25, 0.25],
            stackwise_block_types=["v1", "v1"],
            stackwise_force_input_filters=[False, False],
            stackwise_nores_option=[False, False],
            stem_conv_padding="same",
            stem_filters=16,
            top_filters=32,
            input_shape=(SIDE, SIDE, 3),
        )
        task, way = (
            hub.models.EfficientNetImageClassifier,
            {"crop_to_aspect_ratio": False, "pad_to_aspect_ratio": True},
        )
    else:
        backbone = hub.models.ViTBackbone(
            image_shape=(SIDE, SIDE, 3), patch_size=8, num_layers=1, num_heads=2, hidden_dim=16, mlp_dim=32
        )
        task, way = hub.models.ViTImageClassifier, {"crop_to_aspect_ratio": False}
    converter = task.preprocessor_cls.image_converter_cls(
        image_size=(SIDE, SIDE), scale=[0.017, 0.018, 0.017], offset=[-2.1, -2.0, -1.8], **way
    )
    preprocessor = task.preprocessor_cls(image_converter=converter)
    return task(backbone=backbone, num_classes=3, preprocessor=preprocessor)
