"""A transcription that nobody has computed: what the page asks for, answered in the browser."""

import io
import json
from typing import Any

import numpy as np
import soundfile

from drumscribe.drums import LANES8, Kit
from drumscribe.timing import FRAME_RATE

SONG_ID = "madeup"
HITS_PER_S = 16


class MadeUpSong:
    """A song of any length with 16 hits a second, and peaks below the thresholds between them."""

    def __init__(self, duration_s: float, kit: Kit = LANES8) -> None:
        self.kit = kit
        rng = np.random.default_rng(8)
        self.duration_s = duration_s
        n_frames = int(duration_s * FRAME_RATE)
        n_hits = int(duration_s * HITS_PER_S)
        self.activations = rng.integers(0, 12, (n_frames, len(kit)), np.uint8)
        frames = np.sort(rng.choice(n_frames // 4, n_hits, replace=False)) * 4 + 1
        lanes = rng.integers(0, len(kit), n_hits)
        heights = rng.integers(30, 255, n_hits)
        self.activations[frames, lanes] = heights
        self.events = [
            {
                "id": index,
                "onset_s": frame / FRAME_RATE,
                "lane": kit.names[lane],
                "velocity": int(rng.integers(20, 127)),
                "confidence": height / 255,
            }
            for index, (frame, lane, height) in enumerate(
                zip(frames.tolist(), lanes.tolist(), heights.tolist(), strict=True)
            )
            if height >= 128
        ]

    def serve(self, page: Any) -> None:
        """Answer the page's requests for this song."""
        page.route(f"**/api/transcriptions/{SONG_ID}**", self._answer)
        page.route(f"**/api/transcriptions/{SONG_ID}/**", self._answer)

    def _answer(self, route: Any) -> None:
        part = route.request.url.partition(SONG_ID)[2].strip("/")
        n_frames, n_lanes = map(str, self.activations.shape)
        shape = {"X-Frames": n_frames, "X-Lanes": n_lanes, "X-Frame-Rate": "98"}
        step = {"X-Step-Seconds": "0.01"}
        binary = "application/octet-stream"
        if part == "":
            route.fulfill(json=self._status())
        elif part == "result":
            route.fulfill(body=json.dumps(self._result()), content_type="application/json")
        elif part == "activations":
            route.fulfill(body=self.activations.tobytes(), headers=shape, content_type=binary)
        elif part == "velocities":
            body = bytes([128]) * self.activations.size
            route.fulfill(body=body, headers=shape, content_type=binary)
        elif part == "waveform":
            outline = np.random.default_rng(2).integers(0, 128, (int(self.duration_s * 100), 2))
            body = (outline + np.array([0, 128])).astype(np.uint8).tobytes()
            route.fulfill(body=body, headers=step, content_type=binary)
        elif part == "audio":
            route.fulfill(body=self._audio(), content_type="audio/wav")
        else:
            route.fulfill(json={"revision": 1})

    def _audio(self) -> bytes:
        stream = io.BytesIO()
        soundfile.write(
            stream, np.zeros(int(self.duration_s * 4000), np.float32), 4000, "PCM_U8", format="WAV"
        )
        return stream.getvalue()

    def _status(self) -> dict[str, Any]:
        return {
            "id": SONG_ID,
            "name": "made up.wav",
            "status": "done",
            "stage": "done",
            "progress": 1.0,
            "seconds_left": None,
            "error": None,
            "duration_s": self.duration_s,
        }

    def _result(self) -> dict[str, Any]:
        beats_s = np.arange(0.1, self.duration_s, 60 / 140).tolist()
        tempo = {
            "beats_s": beats_s,
            "time_signatures": [{"first_beat": 0, "numerator": 4, "denominator": 4}],
            "confidence": 1.0,
            "is_steady": True,
        }
        return {
            "id": SONG_ID,
            "name": "made up.wav",
            "duration_s": self.duration_s,
            "revision": 0,
            "lanes": [
                {
                    "name": drum.name,
                    "display_name": drum.display_name,
                    "stand_in": drum.stand_in,
                }
                for drum in self.kit.classes
            ],
            "thresholds": {name: 0.5 for name in self.kit.names},
            "picking": {"peak_window_s": 0.02, "min_gap_s": 0.03},
            "events": self.events,
            "tempo": tempo,
            "found_tempo": tempo,
            "edited": False,
        }
