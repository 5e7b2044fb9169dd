"""Which hits can be heard among the others and the accompaniment.

The rule: a hit is heard when in at least one of three bands (below 300 Hz, above 3 kHz, between)
the energy of its first 40 ms is no more than ``MASKED_DB`` below that of everything else sounding
there, accompaniment included, and it is no more than ``FAINT_DB`` below the loudest hit of the
recording (its loudest band against theirs). Others get no label: nobody could hear them, and a
model taught that they are there would learn to guess.
"""

import numpy as np

from drumscribe.data.render.sample_kits import GRID_SAMPLES, band_energy
from drumscribe.utils.arrays import FloatArray

MASKED_DB = 15.0
FAINT_DB = 50.0

_N_BANDS = 3
_N_OWN_STEPS = 2


class Audibility:
    """The band energies of a recording, hit by hit.

    Args:
        n_samples: length of the recording.
    """

    def __init__(self, n_samples: int) -> None:
        self._n_steps = n_samples // GRID_SAMPLES + 1
        self._total = np.zeros((self._n_steps, _N_BANDS), np.float32)
        self._hits: list[tuple[int, FloatArray]] = []

    def add(self, start: int, band_energy: FloatArray, gain: float, n_samples: int | None) -> None:
        """A hit at sample ``start`` that sounds for ``n_samples`` (``None``: to its end)."""
        first = start // GRID_SAMPLES
        n_steps = len(band_energy)
        if n_samples is not None:
            n_steps = min(n_steps, max(1, n_samples // GRID_SAMPLES))
        energy = band_energy[:n_steps] * np.float32(gain**2)
        if not 0 <= first < self._n_steps:
            self._hits.append((-1, energy[:_N_OWN_STEPS]))
            return
        heard = energy[: self._n_steps - first]
        self._total[first : first + len(heard)] += heard
        self._hits.append((first, energy[:_N_OWN_STEPS]))

    def verdicts(self, accompaniment: FloatArray | None = None) -> list[bool]:
        """For each hit added, in order, whether it can be heard.

        Args:
            accompaniment: what else sounds, at the level that it has against the hits, shape
                (n_samples,).
        """
        if not self._hits:
            return []
        total = self._total
        if accompaniment is not None:
            beside = band_energy(accompaniment)
            total = total.copy()
            total[: len(beside)] += beside
        own = np.zeros((len(self._hits), _N_BANDS))
        others = np.zeros((len(self._hits), _N_BANDS))
        for index, (first, energy) in enumerate(self._hits):
            if first >= 0:
                own[index] = energy.sum(axis=0)
                others[index] = total[first : first + len(energy)].sum(axis=0) - own[index]
        factor = 10 ** (-MASKED_DB / 10)
        # A band must hold a fair part of the hit to count.
        in_band = own >= 0.01 * own.max(axis=1, keepdims=True)
        stands_out = ((own > np.maximum(others, 0) * factor) & in_band).any(axis=1)
        loud = own.max(axis=1) > own.max() * 10 ** (-FAINT_DB / 10)
        return [bool(heard) for heard in stands_out & loud]
