"""Reading ``.dtx`` files as their format description says."""

from collections import defaultdict

import numpy as np

# Channels of the format (docs/formats.md).
CHANNELS = {
    "11": "hihat",
    "12": "snare",
    "13": "kick",
    "14": "high_tom",
    "15": "mid_tom",
    "16": "crash",
    "17": "low_tom",
    "18": "hihat",
    "19": "ride",
    "1B": "hihat",
    "1C": "kick",
}


def read_dtx(path):
    """Header by name, and (seconds, channel, value) of every chip, in order."""
    header, bars = {}, defaultdict(list)
    for line in path.read_bytes().decode("cp932").split("\r\n"):
        if not line:
            continue
        name, _, value = line.removeprefix("#").partition(": ")
        if len(name) == 5 and name[0].isalnum() and name[1:3].isdigit():
            bars[int(name[0], 36) * 100 + int(name[1:3]), name[3:]].append(value)
        else:
            header[name] = value
    chips = []
    quarter, bar_start = 0.0, {}
    for bar in range(max(bar for bar, _ in bars) + 1):
        (length,) = bars[bar, "02"]
        bar_start[bar] = (quarter, 4 * float(length))
        quarter += 4 * float(length)
    for (bar, channel), lines in bars.items():
        start, length = bar_start[bar]
        for line in lines if channel != "02" else []:
            names = [line[i : i + 2] for i in range(0, len(line), 2)]
            assert len(line) % 2 == 0
            chips += [
                (start + length * slot / len(names), channel, name)
                for slot, name in enumerate(names)
                if name != "00"
            ]
    return header, timed(header, sorted(chips))


def timed(header, chips):
    """Chips with seconds in place of quarters."""
    tempos = [
        (q, 60 / float(header[f"BPM{name}"])) for q, channel, name in chips if channel == "08"
    ]
    quarters = np.array([q for q, _ in tempos])
    spans = np.diff(quarters) * [spq for _, spq in tempos[:-1]]
    starts_s = np.concatenate([[0.0], np.cumsum(spans)])
    result = []
    for quarter, channel, name in chips:
        index = np.searchsorted(quarters, quarter + 1e-9, side="right") - 1
        time_s = starts_s[index] + (quarter - quarters[index]) * tempos[index][1]
        result.append((time_s, channel, name))
    return result


def read_dtx_hits(path):
    """(seconds, lane) of every hit, in order."""
    _, chips = read_dtx(path)
    return [(time_s, CHANNELS[channel]) for time_s, channel, _ in chips if channel in CHANNELS]
