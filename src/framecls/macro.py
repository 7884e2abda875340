"""The mean over frames, taken over the same frames for every system."""

import numpy as np
import numpy.typing as npt

__all__ = ["macro_mean"]


def macro_mean(values: npt.ArrayLike, support: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """
    Average over the frames that gold has, whatever was decided.

    A frame that gold lacks says nothing on a system: F1 is undefined without a false alarm and 0 with one, so one false
    alarm would cost a whole frame, and systems would be averaged over different frames.

    :param values: of each frame; nan or ``None`` where undefined, which is left out too. *Shape:* ``(…, F)``.
    :param support: how much gold has of each frame, or whether it has any. *Shape:* ``(…, F)``.
    :returns: the means; nan where there is nothing to average. *Shape:* ``(…,)``.
    """
    given = np.asarray(values, dtype=np.float64)
    used = (np.asarray(support) > 0) & ~np.isnan(given)
    number = used.sum(axis=-1)
    total = np.where(used, given, 0.0).sum(axis=-1)
    means: npt.NDArray[np.float64] = np.divide(total, number, out=np.full(number.shape, np.nan), where=number > 0)
    return means
