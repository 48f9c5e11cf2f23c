"""Input gradients: how the score answers to each pixel.

All methods share these symbols: S is the explained score of one picture (the logit wherever the model
shows it before its final softmax or sigmoid; `class_score(label, probability=True)` explains the
probability), x the picture, x_pc its value at pixel p in channel c, and g(x) = dS/dx the gradient, of the
shape of x. The class is that of the clean picture all along. Attributions are signed, in units of S per unit
of x for the gradients, in units of S for what is multiplied with x; `channels` says how the channels of a
pixel become one number:

    "sum"      sum_c a_pc         signed
    "sum_abs"  sum_c |a_pc|       0 and above
    "max_abs"  max_c |a_pc|       0 and above
    "all"      no reduction       signed, (N, h, w, C)

The methods are reached through `kerasviz.explain(model, images, method=...)`. They know no layer, and their
maps are of the input's size in any case.
"""

from __future__ import annotations

from kerasviz.explanation.found import Found
from kerasviz.explanation.gradients.batches import Attributed, Samples, attribute
from kerasviz.explanation.request import Request
from kerasviz.probe import input_gradients


def saliency(request: Request, channels: str) -> Found:
    """Return the gradient of the score by the pixels.

    Simonyan, Vedaldi and Zisserman, "Deep Inside Convolutional Networks: Visualising Image Classification
    Models and Saliency Maps", ICLR workshop 2014, section 3:

        M_p = max_c |g(x)_pc|

    It says which pixels change the score most when they change a little, not which make it high. `"max_abs"`
    is the paper's map; `channels="sum"` keeps the sign.

    >>> import keras
    >>> from kerasviz.explanation.entry import explain
    >>> model = keras.Sequential([keras.Input((1, 2, 1)), keras.layers.Flatten(), keras.layers.Dense(1)])
    >>> model.layers[1].set_weights([np.array([[3.0], [-2.0]]), np.zeros(1)])
    >>> explain(model, np.ones((1, 1, 2, 1)), "saliency", target=1).maps.tolist()
    [[[3.0, 2.0]]]
    >>> explain(model, np.ones((1, 1, 2, 1)), "saliency", target=1, channels="sum").maps.tolist()
    [[[3.0, -2.0]]]
    """
    return attribute(request, input_gradients(request.model), gradient_of, channels)


def input_x_gradient(request: Request, channels: str) -> Found:
    """Return the picture times the gradient.

    Shrikumar, Greenside and Kundaje, "Learning Important Features Through Propagating Activation
    Differences", ICML 2017, section 2:

        a_pc = x_pc g(x)_pc

    For a network of ReLUs without biases the sum over all pixels is the score. The picture is taken as the
    model gets it: pixels that are 0 there get 0, however much the network looks at them.
    """
    return attribute(request, input_gradients(request.model), input_times_gradient, channels)


def gradient_of(samples: Samples) -> Attributed:
    """Return the plain gradients, in the shape of the pictures."""
    found = samples.run()
    return Attributed(found.gradients, found)


def input_times_gradient(samples: Samples) -> Attributed:
    """Return the pictures times their gradients."""
    found = samples.run()
    return Attributed(samples.pictures * found.gradients, found)
