"""The table of all methods: the one place where a method is made known."""

from __future__ import annotations

import dataclasses
import functools

import numpy as np

from kerasviz.bounds import COUNT
from kerasviz.errors import InputError, did_you_mean
from kerasviz.explanation.cams import weightings
from kerasviz.explanation.cams.run_cam import run_cam
from kerasviz.explanation.cams.weigh import Weighting
from kerasviz.explanation.gradients.batches import REDUCTIONS
from kerasviz.explanation.gradients.guided import guided_backpropagation, guided_grad_cam
from kerasviz.explanation.gradients.integrated import integrated_gradients, misses
from kerasviz.explanation.gradients.plain import input_x_gradient, saliency
from kerasviz.explanation.gradients.smooth_grad import smooth_grad
from kerasviz.explanation.method import CAM, GRADIENT, PERTURBATION, TRANSFORMER, Method
from kerasviz.explanation.option import Option
from kerasviz.explanation.perturbation.masking import FILLS
from kerasviz.explanation.perturbation.occlusion import occlusion
from kerasviz.explanation.perturbation.rise import rise
from kerasviz.explanation.perturbation.score_cam import ablation_cam, score_cam
from kerasviz.explanation.smoothing import NOISE, SAMPLES, SEED
from kerasviz.explanation.transformers.flows import gradient_attention, rollout
from kerasviz.explanation.transformers.run_attention import run_attention

_SELVARAJU = (
    'Selvaraju et al., "Grad-CAM: Visual Explanations from Deep Networks via Gradient-based Localization", '
    "ICCV 2017"
)
_RELU = Option("relu", bool, True, "keep only what speaks for the class; False gives the signed map")
_PRECISION = Option(
    "precision",
    str,
    "float32",
    "bfloat16 computes with 8 bits of precision, faster on CPUs that can",
    choices=("float32", "bfloat16"),
)
_TOKEN_GRID = Option(
    "token_grid",
    tuple,
    None,
    "how a layer's tokens lie in the picture: rows, columns and, before them, how many of no place",
)
_PROGRESS = Option("progress", bool, True, "show a bar")
_FILL = Option("fill", str, "zero", "what hidden places hold", choices=FILLS)


def _channels(default: str) -> Option:
    return Option("channels", str, default, "how the channels become one number", choices=tuple(REDUCTIONS))


def _cam(name: str, title: str, paper: str, equation: str, weighting: Weighting) -> Method:
    run = functools.partial(run_cam, weighting=weighting)
    options = (_RELU, _PRECISION, _TOKEN_GRID)
    return Method(
        name, title, paper, equation, CAM, run, options, takes_layer=True, passes=1, weighting=weighting
    )


# What SmoothGrad smooths before the channels become one number.
_ONE_GRADIENT = (
    Method(
        "saliency",
        "Saliency",
        'Simonyan, Vedaldi and Zisserman, "Deep Inside Convolutional Networks: Visualising Image '
        'Classification Models and Saliency Maps", ICLR workshop 2014',
        "M_p = max_c |dY/dx_pc|",
        GRADIENT,
        saliency,
        (_channels("max_abs"),),
    ),
    Method(
        "input_x_gradient",
        "Input x gradient",
        'Shrikumar, Greenside and Kundaje, "Learning Important Features Through Propagating Activation '
        'Differences", ICML 2017',
        "M_p = sum_c x_pc dY/dx_pc",
        GRADIENT,
        input_x_gradient,
        (_channels("sum"),),
        signed=True,
    ),
    Method(
        "integrated_gradients",
        "Integrated Gradients",
        'Sundararajan, Taly and Yan, "Axiomatic Attribution for Deep Networks", ICML 2017',
        "M_p = sum_c (x_pc - x'_pc) int_0^1 dY(x' + t (x - x'))/dx_pc dt",
        GRADIENT,
        integrated_gradients,
        (
            Option(
                "baseline",
                np.ndarray,
                None,
                "the picture that says nothing; black, or 0 where nothing says what the model takes for it",
            ),
            Option(
                "steps",
                int,
                64,
                "points on the line from the baseline to the picture",
                low=2,
                high=COUNT.high,
            ),
            _channels("sum"),
        ),
        signed=True,
        passes="one for each step",
        error="completeness",
        doubt=misses,
    ),
    Method(
        "guided_backpropagation",
        "Guided backpropagation",
        'Springenberg, Dosovitskiy, Brox and Riedmiller, "Striving for Simplicity: The All Convolutional '
        'Net", ICLR workshop 2015',
        "R_z = [z > 0] [R_y > 0] R_y at every y = ReLU(z)",
        GRADIENT,
        guided_backpropagation,
        (_channels("max_abs"),),
    ),
)

METHODS: tuple[Method, ...] = (
    _cam(
        "grad_cam",
        "Grad-CAM",
        _SELVARAJU,
        "L = ReLU(sum_k w_k A_k), w_k = 1/Z sum_i dY/dA_ki",
        Weighting(weightings.grad_cam),
    ),
    _cam(
        "grad_cam_plus_plus",
        "Grad-CAM++",
        'Chattopadhay et al., "Grad-CAM++: Generalized Gradient-based Visual Explanations for Deep '
        'Convolutional Networks", WACV 2018',
        "L = ReLU(sum_k w_k A_k), w_k = sum_i ReLU(G_ki) / (2 + G_ki sum_j A_kj)",
        Weighting(weightings.grad_cam_plus_plus),
    ),
    _cam(
        "xgrad_cam",
        "XGrad-CAM",
        'Fu et al., "Axiom-based Grad-CAM: Towards Accurate Visualization and Explanation of CNNs", BMVC '
        "2020",
        "L = ReLU(sum_k w_k A_k), w_k = sum_i (A_ki / sum_j A_kj) G_ki",
        Weighting(weightings.xgrad_cam),
    ),
    _cam(
        "layer_cam",
        "Layer-CAM",
        'Jiang et al., "LayerCAM: Exploring Hierarchical Class Activation Maps for Localization", IEEE TIP '
        "2021",
        "L_i = ReLU(sum_k ReLU(G_ki) A_ki)",
        Weighting(weightings.layer_cam),
    ),
    _cam(
        "hires_cam",
        "HiResCAM",
        'Draelos and Carin, "Use HiResCAM instead of Grad-CAM for faithful explanations of convolutional '
        'neural networks", 2020',
        "L_i = ReLU(sum_k G_ki A_ki)",
        Weighting(weightings.hires_cam),
    ),
    _cam(
        "eigen_cam",
        "Eigen-CAM",
        'Muhammad and Yeasin, "Eigen-CAM: Class Activation Map using Principal Components", IJCNN 2020',
        "L = ReLU(A V_1), A = U S V^T",
        Weighting(weightings.eigen_cam, slow=True, by_gradients=False),
    ),
    _cam(
        "cam",
        "CAM",
        'Zhou et al., "Learning Deep Features for Discriminative Localization", CVPR 2016',
        "L = ReLU(sum_k w_k A_k), w_k = the weight from channel k to the class",
        Weighting(weightings.cam, weightings.averages),
    ),
    Method(
        "score_cam",
        "Score-CAM",
        'Wang et al., "Score-CAM: Score-Weighted Visual Explanations for Convolutional Neural Networks", '
        "CVPR Workshops 2020",
        "L = ReLU(sum_k w_k A_k), w = softmax(Y(x * Up(A_k)))",
        PERTURBATION,
        score_cam,
        (
            Option("channels", int, None, "weigh only this many feature maps, those that vary most", low=1),
            _RELU,
            _PRECISION,
            _TOKEN_GRID,
            _PROGRESS,
        ),
        takes_layer=True,
        passes="one for each channel that varies",
    ),
    Method(
        "ablation_cam",
        "Ablation-CAM",
        'Desai and Ramaswamy, "Ablation-CAM: Visual Explanations for Deep Convolutional Network via '
        'Gradient-free Localization", WACV 2020',
        "L = ReLU(sum_k w_k A_k), w_k = (Y - Y without A_k) / |Y|",
        PERTURBATION,
        ablation_cam,
        (_RELU, _PRECISION, _TOKEN_GRID, _PROGRESS),
        takes_layer=True,
        passes="one for each channel that is not all 0, from the layer on",
    ),
    Method(
        "occlusion",
        "Occlusion",
        'Zeiler and Fergus, "Visualizing and Understanding Convolutional Networks", ECCV 2014',
        "M_i = mean of Y(x) - Y(x with window u hidden) over the windows u that cover i",
        PERTURBATION,
        occlusion,
        (
            Option(
                "patch",
                int,
                None,
                "the square's side in pixels; an eighth of the shorter side, or more: at most 1,000 squares",
                low=1,
            ),
            Option(
                "stride",
                int,
                None,
                "pixels from one square to the next; half of the patch, or more: at most 1,000 squares",
                low=1,
            ),
            _FILL,
            Option(
                "of",
                str,
                "score",
                "the fall of the score, or the change of a layer's activations",
                choices=("score", "activations"),
            ),
            _PRECISION,
            _PROGRESS,
        ),
        takes_layer=True,
        layer_if=("of", "activations"),
        signed=True,
        passes="one for each window, by default at most 1,000",
    ),
    Method(
        "rise",
        "RISE",
        'Petsiuk, Das and Saenko, "RISE: Randomized Input Sampling for Explanation of Black-box Models", '
        "BMVC 2018",
        "S_i = sum_n Y(x * M_n) M_ni / sum_n M_ni",
        PERTURBATION,
        rise,
        (
            Option("masks", int, 4000, "how many random masks", low=1, high=COUNT.high),
            Option("cells", int, 7, "cells along each side of the coarse grid", low=1, high=1000),
            Option("keep", float, 0.5, "the probability that a cell is shown", low=0, high=1, open_ends=True),
            _FILL,
            SEED,
            _PRECISION,
            _PROGRESS,
        ),
        signed=True,
        zero_is_nothing=False,
        passes="one for each mask",
        error="standard error",
    ),
    *_ONE_GRADIENT,
    Method(
        "smooth_grad",
        "SmoothGrad",
        'Smilkov et al., "SmoothGrad: removing noise by adding noise", 2017',
        "M = 1/n sum_i A(x + e_i), e_i ~ Normal(0, s^2)",
        GRADIENT,
        functools.partial(smooth_grad, smoothed=_ONE_GRADIENT),
        (
            Option(
                "of",
                str,
                "saliency",
                "the method that is smoothed",
                choices=tuple(method.name for method in _ONE_GRADIENT),
            ),
            dataclasses.replace(SAMPLES, default=25),
            dataclasses.replace(NOISE, default=0.15),
            SEED,
            Option(
                "channels",
                str,
                None,
                "how the channels become one number; None as the smoothed method has it",
                choices=tuple(REDUCTIONS),
            ),
            Option("options", dict, None, "those of the smoothed method"),
        ),
        passes="one for each noisy copy",
    ),
    Method(
        "guided_grad_cam",
        "Guided Grad-CAM",
        _SELVARAJU,
        "M_p = max_c |L_p R_pc|",
        GRADIENT,
        guided_grad_cam,
        (_channels("max_abs"), _TOKEN_GRID),
        takes_layer=True,
        passes=2,
    ),
    Method(
        "attention_rollout",
        "Attention rollout",
        'Abnar and Zuidema, "Quantifying Attention Flow in Transformers", ACL 2020',
        "M = row of R = A_L ... A_1, A_l = 1/2 mean_h A_lh + 1/2 I",
        TRANSFORMER,
        functools.partial(run_attention, flow=rollout),
        (_TOKEN_GRID,),
        zero_is_nothing=False,
    ),
    Method(
        "gradient_attention",
        "Gradient-weighted attention",
        'Chefer, Gur and Wolf, "Generic Attention-model Explainability for Interpreting Bi-Modal and '
        'Encoder-Decoder Transformers", ICCV 2021',
        "M = row of R - I, R = R + mean_h ReLU(dY/dA_lh A_lh) R in each layer, from R = I",
        TRANSFORMER,
        functools.partial(run_attention, flow=gradient_attention),
        (_TOKEN_GRID,),
    ),
)


def methods() -> tuple[str, ...]:
    """Return the names of all methods that `explain` takes, those of one family beside each other.

    >>> methods()[:3]
    ('grad_cam', 'grad_cam_plus_plus', 'xgrad_cam')
    """
    return tuple(method.name for method in METHODS)


def find_method(name: str | Method) -> Method:
    """Return the method of that name; a `Method` of one's own is returned as it is.

    Raises:
        InputError: there is none; the message names what was probably meant, however it was spelled.

    >>> find_method("grad_cam").title
    'Grad-CAM'
    >>> find_method("GradCAM++")
    Traceback (most recent call last):
    kerasviz.errors.InputError: There is no method 'GradCAM++'. Did you mean grad_cam_plus_plus?
    """
    if isinstance(name, Method):
        return name
    for method in METHODS:
        if isinstance(name, str) and method.name == name:
            return method
    spellings = {_letters(method.name): method.name for method in METHODS}
    meant = spellings.get(_letters(str(name)))
    hint = f"Did you mean {meant}?" if meant else did_you_mean(str(name).lower(), spellings.values())
    raise InputError(f"There is no method {' '.join(repr(name).split())}. {hint}")


def _letters(name: str) -> str:
    """Return what is left of a name whatever its capitals, hyphens and underscores.

    >>> _letters("Grad-CAM++") == _letters("grad_cam_plus_plus")
    True
    """
    return "".join(filter(str.isalnum, name.lower().replace("+", "plus")))
