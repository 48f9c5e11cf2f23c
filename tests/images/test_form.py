"""How a model takes pictures: what it says itself, what the caller says, and pictures there and back."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import layers
from PIL import Image

from kerasviz.errors import ImageError, InputError, UnsupportedModelError
from kerasviz.images import PictureForm, read_image
from kerasviz.models import load_model, pets_cnn, save_model

CAFFE_BGR = [103.939, 116.779, 123.68]


def model_of(*front: keras.layers.Layer, shape: tuple = (4, 4, 3)) -> keras.Model:
    return keras.Sequential([keras.Input(shape), *front, layers.Conv2D(2, 1)])


def imagenet(low: float, high: float) -> keras.layers.Layer:
    mean, deviation = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
    return layers.Normalization(
        mean=low + (high - low) * mean, variance=((high - low) * deviation) ** 2, axis=-1
    )


@pytest.fixture
def corner(tmp_path):
    """A picture file: an orange pixel, then black."""
    image = Image.new("RGB", (4, 4))
    image.putpixel((0, 0), (255, 102, 51))
    image.save(tmp_path / "corner.png")
    return tmp_path / "corner.png"


def test_pictures_are_made_what_the_model_takes_and_read_back(corner) -> None:
    taken = {
        (0, 1): [1.0, 0.4, 0.2],
        (-1, 1): [1.0, -0.2, -0.6],
        (0, 255): [255.0, 102.0, 51.0],
    }
    for input_range, values in taken.items():
        form = PictureForm.of(model_of(), input_range=input_range)
        picture = form.read(corner)
        batch = form.batch([picture])
        assert (batch.shape, batch.dtype) == ((1, 4, 4, 3), np.float32)
        np.testing.assert_allclose(batch[0, 0, 0], values, atol=1e-6)
        np.testing.assert_allclose(batch[0, 1, 1], input_range[0])
        shown = form.shown(batch)
        assert shown.dtype == np.uint8
        assert np.array_equal(shown[0], picture.pixels)
        assert shown[0, 0, 0].tolist() == [255, 102, 51]


def test_a_network_that_takes_blue_first_gets_it_and_is_drawn_right(corner) -> None:
    form = PictureForm.of(model_of(layers.Rescaling(1.0, offset=[-mean for mean in CAFFE_BGR])))
    assert (form.channel_order, form.input_range) == ("bgr", (0.0, 255.0))
    batch = form.batch([form.read(corner)])
    assert batch[0, 0, 0].tolist() == [51.0, 102.0, 255.0]
    assert form.shown(batch)[0, 0, 0].tolist() == [255, 102, 51]


FRONTS = {
    "divided by 255": (layers.Rescaling(1 / 255), (0.0, 255.0)),
    "to -1..1": (layers.Rescaling(1 / 127.5, offset=-1), (0.0, 255.0)),
    "by 127 and 128": (layers.Rescaling(1 / 128, offset=-127 / 128), (0.0, 255.0)),
    "to -0.5..0.5": (layers.Rescaling(1 / 255, offset=-0.5), (0.0, 255.0)),
    "0..1 to -1..1": (layers.Rescaling(2.0, offset=-1.0), (0.0, 1.0)),
    "0..1 to 0..255": (layers.Rescaling(255.0), (0.0, 1.0)),
    "-1..1 to 0..255": (layers.Rescaling(127.5, offset=127.5), (-1.0, 1.0)),
    "a mean of bytes": (layers.Normalization(mean=130.0, variance=60.0**2), (0.0, 255.0)),
    "ImageNet's, of bytes": (imagenet(0, 255), (0.0, 255.0)),
    "ImageNet's, of 0..1": (imagenet(0, 1), (0.0, 1.0)),
    "after augmentation": (
        keras.Sequential([layers.RandomFlip(), layers.RandomRotation(0.1), layers.Rescaling(1 / 255)]),
        (0.0, 255.0),
    ),
}


@pytest.mark.parametrize("name", FRONTS)
def test_scaling_at_the_front_says_the_range(name) -> None:
    front, expected = FRONTS[name]
    form = PictureForm.of(model_of(front))
    assert (form.input_range, form.known_from, form.channel_order) == (expected, "model", "rgb")
    nested = PictureForm.of(keras.Sequential([keras.Input((4, 4, 3)), model_of(front)]))
    assert nested.input_range == expected


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_half_precision_and_channels_first_say_the_same(policy, data_format) -> None:
    first = data_format == "channels_first"
    per_channel = (3, 1, 1) if first else (3,)
    fronts = {
        "unit": layers.Rescaling(1 / 255, dtype=policy),
        "symmetric": layers.Rescaling(1 / 127.5, offset=-1.0, dtype=policy),
        "caffe": layers.Rescaling(1.0, offset=-np.reshape(CAFFE_BGR, per_channel), dtype=policy),
    }
    for name, front in fronts.items():
        inputs = keras.Input((3, 8, 6) if first else (8, 6, 3))
        outputs = layers.Conv2D(2, 1, data_format=data_format)(front(inputs))
        form = PictureForm.of(keras.Model(inputs, outputs))
        assert (form.input_range, form.size, form.channels_first) == ((0.0, 255.0), (8, 6), first), name
        assert form.channel_order == ("bgr" if name == "caffe" else "rgb")


def test_the_preprocessor_of_a_keras_hub_classifier(corner) -> None:
    hub = pytest.importorskip("keras_hub")
    backbone = hub.models.ResNetBackbone(
        input_conv_filters=[64],
        input_conv_kernel_sizes=[7],
        stackwise_num_filters=[64],
        stackwise_num_blocks=[1],
        stackwise_num_strides=[1],
        block_type="basic_block",
    )
    converter = hub.layers.ImageConverter(image_size=(32, 24), scale=[0.02, 0.01, 0.03], offset=[1, 2, 3])
    preprocessor = hub.models.ImageClassifierPreprocessor(image_converter=converter)
    model = hub.models.ImageClassifier(backbone=backbone, num_classes=3, preprocessor=preprocessor)
    form = PictureForm.of(model)
    picture = form.read(corner)
    batch = form.batch([picture])
    assert batch.shape == (1, 32, 24, 3)
    raw = model.predict(read_image(corner)[None], verbose=0)
    np.testing.assert_allclose(keras.ops.convert_to_numpy(model(batch)), raw, atol=1e-5)
    assert np.array_equal(form.shown(batch)[0], picture.pixels)


def test_forms_and_pictures_are_one_line() -> None:
    form = PictureForm.of(model_of())
    assert repr(form) == "PictureForm(4 x 4 RGB, range not known)"
    given = PictureForm.of(model_of(shape=(None, None, 5)), input_range=(-1, 1))
    assert repr(given) == "PictureForm(? x ? x 5, black is -1 and white 1, says the caller)"
    picture = PictureForm.of(model_of(), input_range=(0, 1)).fit(np.zeros((8, 8, 3), np.uint8), "a/b.png")
    assert repr(picture) == "Picture(a/b.png, 4 x 4 x 3)"


SILENT = {
    "nothing": [],
    "a mean of 0..1 or of -1..1": [layers.Normalization(mean=0.5, variance=0.25**2)],
    "not adapted": [layers.Normalization(mean=0.0, variance=1.0)],
    "an odd factor": [layers.Rescaling(0.02)],
    "behind a convolution": [layers.Conv2D(3, 1), layers.Rescaling(1 / 255)],
    "behind a softmax": [layers.Activation("softmax"), layers.Rescaling(1 / 255)],
}


@pytest.mark.parametrize("name", SILENT)
def test_what_leaves_doubt_says_nothing_and_the_error_shows_both_ways(name, corner) -> None:
    form = PictureForm.of(model_of(*SILENT[name]))
    assert (form.input_range, form.known_from) == (None, None)
    for use in (form.ranged, lambda: form.read(corner), lambda: form.shown(np.zeros((1, 4, 4, 3)))):
        with pytest.raises(InputError, match=r"input_range=\(low, high\).*model\.input_range = ") as raised:
            use()
        assert "--" not in str(raised.value)
    shown = form.shown(np.full((1, 4, 4, 3), 7, np.uint8))  # bytes are always drawable
    assert np.array_equal(shown, np.full((1, 4, 4, 3), 7))


@pytest.mark.parametrize("family", ["resnet50", "mobilenet_v2", "densenet"])
def test_operations_of_keras_preprocessing_say_it_too(family) -> None:
    inputs = keras.Input((8, 8, 3))
    scaled = getattr(keras.applications, family).preprocess_input(inputs)
    form = PictureForm.of(keras.Model(inputs, layers.Conv2D(2, 1)(scaled)))
    assert (form.input_range, form.channel_order) == ((0.0, 255.0), "rgb")
    squared = keras.Model(inputs, layers.Conv2D(2, 1)(inputs * inputs / 255))
    assert PictureForm.of(squared).input_range is None


SIDES = {
    "VGG16": 224,
    "MobileNetV2": 224,
    "DenseNet121": 224,
    "EfficientNetB0": 224,
    "EfficientNetV2S": 384,
    "ConvNeXtTiny": 224,
    "MobileNetV3Small": None,
}


@pytest.mark.parametrize("name", SIDES)
def test_networks_opened_by_name_say_that_they_take_bytes(name) -> None:
    form = PictureForm.of(load_model(name, weights=None))
    assert (form.height, form.width, form.channel_order) == (SIDES[name], SIDES[name], "rgb")
    assert (form.input_range, form.known_from) == ((0.0, 255.0), "model")


def test_the_pets_network_says_it_also_when_it_comes_from_a_file(tmp_path) -> None:
    mean = np.full((8, 8, 3), 100.0)
    model = pets_cnn(2, image_size=8, widths=(2, 2), fc_width=2, mean_image=mean)
    for one in (model, load_model(save_model(model, tmp_path / "pets.keras"))):
        assert PictureForm.of(one).input_range == (0.0, 255.0)


def test_the_caller_counts_more_than_the_model() -> None:
    model = model_of(layers.Rescaling(1 / 255))
    form = PictureForm.of(model, input_range=(0, 1))
    assert (form.input_range, form.known_from) == ((0.0, 1.0), "caller")
    model.input_range = (-1, 1)
    assert PictureForm.of(model).input_range == (-1.0, 1.0)


@pytest.mark.parametrize("given", [1, "a,b", (1, 0), (0, float("inf")), (float("nan"), 1), (0, 1, 2)])
def test_wrong_ranges_are_refused(given) -> None:
    with pytest.raises(InputError, match="input_range is"):
        PictureForm.of(model_of(), input_range=given)


class Halved:
    """As a preprocessor of keras_hub: resizes, and makes 0..255 what the network takes."""

    def __init__(self, scale, offset, image_size=(6, 5)) -> None:
        self.scale, self.offset = np.array(scale), np.array(offset)
        self.image_converter = type("Converter", (), {"image_size": image_size})()

    def __call__(self, x, y=None, sample_weight=None):
        resized = keras.ops.image.resize(x, self.image_converter.image_size)
        return resized * keras.ops.cast(self.scale, "float32") + keras.ops.cast(self.offset, "float32")


def test_a_preprocessor_is_applied_and_undone(corner) -> None:
    model = model_of(shape=(None, None, 3))
    model.preprocessor = Halved([1 / 51, 1 / 102, 1 / 255], [-1.0, 2.0, 0.0])
    form = PictureForm.of(model)
    assert (form.height, form.width, form.input_range, form.known_from) == (6, 5, (0.0, 255.0), "model")
    batch = form.batch([form.read(corner)])
    assert batch.shape == (1, 6, 5, 3)
    np.testing.assert_allclose(batch[0, 0, 0], [4.0, 3.0, 0.2], atol=1e-5)
    assert form.shown(batch)[0, 0, 0].tolist() == [255, 102, 51]
    assert PictureForm.of(model, input_range=(0, 1), image_size=4).preprocessor is None


def test_grey_channels_first_and_any_size(tmp_path) -> None:
    Image.new("RGB", (10, 12), (255, 0, 0)).save(tmp_path / "a.png")
    gray = PictureForm.of(model_of(shape=(None, None, 1)), input_range=(0, 255), image_size=8)
    assert (gray.channel_order, gray.batch([gray.read(tmp_path / "a.png")]).ravel().tolist()) == (
        "grey",
        [76.0] * 64,
    )
    inputs = keras.Input((3, 4, 5))
    first = PictureForm.of(
        keras.Model(inputs, layers.Conv2D(2, 1, data_format="channels_first")(inputs)), input_range=(0, 1)
    )
    batch = first.batch([first.read(tmp_path / "a.png")])
    assert batch.shape == (1, 3, 4, 5)
    assert batch[0, :, 0, 0].tolist() == [1.0, 0.0, 0.0]
    assert first.shown(batch)[0, 0, 0].tolist() == [255, 0, 0]
    open_sides = PictureForm.of(model_of(shape=(None, None, 3)), input_range=(0, 255))
    assert open_sides.batch([open_sides.read(tmp_path / "a.png")]).shape == (1, 12, 10, 3)
    pictures = [open_sides.fit(np.zeros((side, 4, 3), np.uint8)) for side in (3, 4)]
    with pytest.raises(InputError, match="3 x 4, 4 x 4: pass image_size"):
        open_sides.batch(pictures)
    with pytest.raises(InputError, match="4 x 4 only"):
        PictureForm.of(model_of(), image_size=8)


def test_which_of_several_inputs_is_the_picture() -> None:
    picture, facts, maps = keras.Input((8, 6, 3)), keras.Input((5,)), keras.Input((4, 4, 64))
    pooled = [layers.GlobalAveragePooling2D()(one) for one in (layers.Rescaling(1 / 255)(picture), maps)]
    model = keras.Model([facts, picture, maps], layers.Concatenate()([*pooled, facts]))
    form = PictureForm.of(model)
    assert (form.height, form.width, form.input_range) == (8, 6, (0.0, 255.0))
    two = [keras.Input((8, 8, 3)), keras.Input((8, 8, 1))]
    with pytest.raises(UnsupportedModelError, match=r"one input of pictures.*found 2"):
        PictureForm.of(keras.Model(two, layers.Concatenate()(two)))
    with pytest.raises(UnsupportedModelError, match="found 0"):
        PictureForm.of(keras.Model(facts, layers.Dense(2)(facts)))


def test_subclassed_models_are_known_by_their_first_call() -> None:
    class Small(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.conv = layers.Conv2D(2, 1)

        def call(self, x):
            return self.conv(x)

    model = Small()
    with pytest.raises(UnsupportedModelError, match="build it first"):
        PictureForm.of(model)
    model(np.zeros((2, 8, 6, 3), np.float32))
    form = PictureForm.of(model, input_range=(0, 1))
    assert (form.height, form.width, form.channels) == (8, 6, 3)


def test_what_is_inside_a_subclassed_model_is_not_known() -> None:
    class Scaled(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.scale = layers.Rescaling(1 / 255)

        def call(self, x):
            return self.scale(x)

    inputs = keras.Input((8, 8, 3))
    model = keras.Model(inputs, layers.Conv2D(2, 1)(Scaled()(inputs)))
    assert PictureForm.of(model).input_range is None


def test_a_normalisation_of_every_place_by_itself_says_nothing() -> None:
    places = layers.Normalization(axis=(1, 2, 3))
    places.adapt(np.random.default_rng(0).integers(0, 256, (9, 8, 8, 3)).astype(np.float32))
    assert PictureForm.of(model_of(places, shape=(8, 8, 3))).input_range is None


def test_arrays_with_other_channels_have_a_form_but_no_file(corner) -> None:
    form = PictureForm.of(model_of(shape=(4, 4, 5)), input_range=(0, 1))
    assert form.channels == 5
    with pytest.raises(UnsupportedModelError, match="5 channels"):
        form.read(corner)
    with pytest.raises(ImageError, match="cannot be drawn"):
        form.shown(np.zeros((1, 4, 4, 5)))


def test_values_that_the_model_cannot_mean_are_not_drawn() -> None:
    form = PictureForm.of(model_of(), input_range=(0, 1))
    assert form.shown(np.full((1, 4, 4, 3), 1.2)).max() == 255  # a little outside is clipped
    for value in (255.0, np.nan):
        with pytest.raises(ImageError, match="takes 0 for black and 1 for white"):
            form.shown(np.full((1, 4, 4, 3), value))


def test_the_picture_to_draw_on_is_neither_large_nor_tiny() -> None:
    form = PictureForm.of(model_of(), input_range=(0, 1))
    assert form.fit(np.zeros((320, 1280, 3), np.uint8)).shown.shape == (160, 640, 3)
    assert form.fit(np.zeros((20, 40), np.float32)).shown.shape == (80, 160, 3)
