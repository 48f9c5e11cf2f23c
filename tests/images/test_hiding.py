from __future__ import annotations

import numpy as np
import pytest

from kerasviz.errors import ImageError
from kerasviz.images import hide_rectangle


def test_a_hidden_rectangle_has_the_mean_colour() -> None:
    image = np.zeros((4, 6, 3), np.uint8)
    image[:, 3:] = 100
    hidden = hide_rectangle(image, (1, 2, 3, 2))
    changed = np.argwhere((hidden != image).any(axis=-1)).tolist()
    assert changed == [[2, 1], [2, 2], [2, 3], [3, 1], [3, 2], [3, 3]]
    assert hidden[2, 1].tolist() == [50, 50, 50]
    assert image[2, 1].tolist() == [0, 0, 0]
    for outside in ((4, 0, 3, 1), (-1, 0, 3, 1), (0, 0, 0, 1)):
        with pytest.raises(ImageError, match="6 x 4"):
            hide_rectangle(image, outside)
