"""The one entry to all methods."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import keras

from kerasviz.explanation.found import Found
from kerasviz.explanation.method import Method
from kerasviz.explanation.perturbation.rescoring import Stopped
from kerasviz.explanation.request import Request
from kerasviz.explanation.result import Explanation, kept_originals
from kerasviz.explanation.table import find_method
from kerasviz.models import check_class_names, class_names
from kerasviz.probe import LayerRequest, Target, as_target, model_ready

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from kerasviz.explanation.typed_options import Options

BATCH_SIZE = 32


class Interrupted(KeyboardInterrupt):
    """Ctrl-C during a method of many passes; `explanation` holds what is done so far.

    Its maps of finished pictures are whole; that of the one at work is as far as it got (occlusion: NaN where
    nothing was hidden yet; the others: the estimate from the passes made); of later ones everything is NaN,
    and the class -1. Of a stream, whose length is not known, the later ones are missing.
    """

    def __init__(self, explanation: Explanation, message: str) -> None:
        super().__init__(message)
        self.explanation = explanation


def explain(
    model: keras.Model,
    images: Any,
    method: str | Method = "grad_cam",
    *,
    layer: LayerRequest | None = None,
    target: Target | int | str | Callable | None = None,
    raw: bool = False,
    batch_size: int = BATCH_SIZE,
    input_range: Sequence[float] | None = None,
    preprocessed: bool = False,
    **options: Unpack[Options],
) -> Explanation:
    """Return where in each picture the evidence for a score lies.

    The score is a logit wherever the model shows one, before its final softmax or sigmoid; ask for
    `class_score(label, probability=True)` to explain the probability instead.

    Args:
        model: any Keras model; it is not changed. What is compiled for it is kept while the model lives.
        images: an array (N, h, w, C), inputs of a model of several, or a `tf.data.Dataset` of batches; as
            `model.predict` takes them: where the model carries a preprocessor (`keras_hub`), raw pictures of
            any size, which it is applied to. What it makes of them is explained; maps are drawn on the raw
            pictures, where they belong.
        method: one of `methods()`, or a `Method` of your own.
        layer: where the network is cut (path, name, index or layer object; of a functional model also an
            operation such as `a + b`); None: the last one whose axes are the picture's, see
            `kerasviz.probe.default_layer`.
        target: None for the predicted class of each picture, an index or label, a list of one per picture, a
            `Target`, or a function from the model's outputs to scores (N,). Of a segmentation map
            (N, h, w, classes) a class is explained where it is predicted; None is the most common one other
            than class 0 (see `region_score`).
        raw: return the maps at the size of the feature maps instead of the input's.
        batch_size: pictures per run.
        input_range: the values that the model takes for black and white, to draw on the pictures; where the
            model says it itself, or the pictures are uint8, there is no need. It leaves the model's
            preprocessor out.
        preprocessed: whether the pictures have been through the model's preprocessor already.
        **options: the method's own, as its row in `explanation.METHODS` declares them; of the CAM family
            `relu=False`, which returns signed maps, `precision="bfloat16"`, which computes with 8 bits of
            precision, faster on CPUs that can, and `token_grid=(rows, columns, extra)`, how the tokens of a
            transformer's layer lie in the picture, where the model does not say it.

    Returns:
        an `Explanation`. Its maps are float32 `(N, h, w)` at the input's size, interpolated linearly (see
        `resize`); `(N, w)` and `(N, d, h, w)` from 1D and 3D networks. CAMs are 0 and above and never NaN for
        finite input.

    Raises:
        InputError: an unknown method or option, a value that an option does not take, unusable pictures
            (ImageError), or the model keeps more or fewer class names than it tells classes apart.
        LayerNotFoundError, TargetError: no such layer, or no such score.
        UnsupportedModelError: the network is none that the method is defined for.
        Interrupted: on Ctrl-C during a method of many passes, with what is done so far.

    >>> model = keras.Sequential([keras.Input((4, 4, 1)), keras.layers.Conv2D(2, 3, name="c"),
    ...                           keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(2)])
    >>> explain(model, np.ones((3, 4, 4, 1)), target=1)
    Explanation(Grad-CAM at c: 3 maps of 4 x 4; class 1 (output ...), class 1 (output ...), ...)
    """
    ready = model_ready(model, images, preprocessed or input_range is not None)
    check_class_names(class_names(model), model)
    row = find_method(method)
    resolved = row.resolved(options)
    request = Request(model, ready, layer, as_target(target), raw, batch_size, input_range)
    row.refuse_layer(request, resolved)

    def explanation(found: Found) -> Explanation:
        originals = kept_originals(images, ready)
        return Explanation.of(found, row, resolved, model, ready, originals, input_range)

    try:
        found = row.run(request, **resolved)
    except Stopped as stopped:
        raise Interrupted(explanation(stopped.found), str(stopped)) from None
    doubt = row.doubt and row.doubt(found, resolved)
    if doubt:
        warnings.warn(doubt, stacklevel=2)
    return explanation(found)
