"""How late things are, in figures."""

import numpy as np

_STEP_S, _N_STEPS = 0.0001, 10_000  # of delays up to a second


class Delays:
    """Delays of a kind, counted in steps of 0.1 ms rather than kept: a stream may never end."""

    def __init__(self) -> None:
        self.n = 0
        self.most_s = 0.0
        self._sum_s = 0.0
        self._n_of_step = np.zeros(_N_STEPS + 1, np.int64)  # the last: all that are longer

    def add(self, delay_s: float) -> None:
        """Count one more."""
        self.n += 1
        self.most_s = max(self.most_s, delay_s)
        self._sum_s += delay_s
        self._n_of_step[min(_N_STEPS, max(0, int(delay_s / _STEP_S)))] += 1

    def text(self) -> str:
        """The figures of at least one delay."""
        step = int(np.searchsorted(np.cumsum(self._n_of_step), 0.99 * self.n))
        late_s = self.most_s if step == _N_STEPS else min(self.most_s, (step + 1) * _STEP_S)
        return (
            f"mean {1000 * self._sum_s / self.n:.1f} ms, 99 % within {1000 * late_s:.1f} ms, "
            f"at most {1000 * self.most_s:.1f} ms"
        )
