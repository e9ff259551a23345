"""Arrays that nobody can write to."""

from __future__ import annotations

import numpy as np


def frozen_array(array: np.ndarray) -> np.ndarray:
    array = np.asarray(array)
    if array.flags.writeable:
        if array.base is not None:
            array = array.copy()  # its base could be written to
        array.flags.writeable = False
        array = array.view()  # of a read-only array: cannot be made writeable again
    return array
