"""Trust: which explanation to believe."""

from __future__ import annotations

from kerasviz.backend import keras  # noqa: F401
from kerasviz.trust.agreement import energy_inside, intersection_over_union, pointing_game
from kerasviz.trust.baselines import BASELINES
from kerasviz.trust.curves import Curves, deletion, insertion
from kerasviz.trust.evaluator import (
    LOWER_IS_BETTER,
    MEASURES,
    OF_MASKS,
    Evaluator,
    MethodScores,
    Settings,
    as_table,
)
from kerasviz.trust.files import score_table, write_scores
from kerasviz.trust.fitting import FittedPictures, fit_split
from kerasviz.trust.mosaic import Mosaics, grid_pointing_game, make_mosaics
from kerasviz.trust.sanity import SanityCheck, sanity_check

__all__ = [
    "BASELINES",
    "LOWER_IS_BETTER",
    "MEASURES",
    "OF_MASKS",
    "Curves",
    "Evaluator",
    "FittedPictures",
    "MethodScores",
    "Mosaics",
    "SanityCheck",
    "Settings",
    "as_table",
    "deletion",
    "energy_inside",
    "fit_split",
    "grid_pointing_game",
    "insertion",
    "intersection_over_union",
    "make_mosaics",
    "pointing_game",
    "sanity_check",
    "score_table",
    "write_scores",
]
