"""Sums, means and intervals of a report, worked out by hand."""

import json
import re

import numpy as np
import pytest

from drumscribe.evaluation.comparison import HIT_DTYPE, Judgement
from drumscribe.evaluation.matching import Counts
from drumscribe.evaluation.metrics import TOLERANCES_S
from drumscribe.evaluation.report import ALIGNED, RAW, EvaluationReport, RecordingScore

WIDE_S, TIGHT_S = TOLERANCES_S
CLASSES = ("kick", "snare", "ride")


def judgement_of(errors_s=(), invented=()):
    """Found kicks with these errors and confidence 0.9, and invented snares with confidences."""
    rows = [(0, True, 0.9, 80, 100, error_s) for error_s in errors_s]
    rows += [(1, False, confidence, 50, 0, 0) for confidence in invented]
    missed_as = np.zeros((len(CLASSES), len(CLASSES) + 1), int)
    false_as = missed_as.copy()
    false_as[1, -1] = len(invented)
    return Judgement(np.array(rows, HIT_DTYPE), missed_as, false_as)


def score(
    name, kit_name, by_class, *, tight=None, raw=None, velocity=None, errors_s=(), invented=()
):
    """A recording's score; the counts not given are those of ``by_class``."""
    empty = dict.fromkeys(CLASSES, Counts())
    counts = {
        ALIGNED: {WIDE_S: empty | by_class, TIGHT_S: empty | (tight or by_class)},
        RAW: {WIDE_S: empty | (raw or by_class), TIGHT_S: empty | (raw or by_class)},
    }
    judgement = judgement_of(errors_s, invented)
    return RecordingScore(name, kit_name, name, counts, velocity, judgement)


def report_of(*recordings):
    return EvaluationReport(CLASSES, recordings, {"epoch": 3})


# Kick 8 of 8; snare 1 true, 1 false, 1 missed: F 1/2; nothing of the ride is ever played, and once
# it is heard where there is none.
REPORT = report_of(
    score(
        "a.wav",
        "Acoustic",
        {"kick": Counts(6, 0, 0), "snare": Counts(1, 0, 1)},
        tight={"kick": Counts(3, 3, 3), "snare": Counts(0, 1, 2)},
        velocity=Counts(3, 4, 5),
        errors_s=[0.004, -0.002, 0.03],
    ),
    score(
        "b.wav",
        "808",
        {"kick": Counts(2, 0, 0), "snare": Counts(0, 1, 0), "ride": Counts(0, 1, 0)},
        raw={"kick": Counts(0, 2, 2)},
        velocity=Counts(1, 3, 1),
        errors_s=[-0.01],
    ),
)


def test_counts_of_a_class_are_summed_over_recordings():
    assert REPORT.by_class(ALIGNED, WIDE_S) == {
        "kick": Counts(8, 0, 0),
        "snare": Counts(1, 1, 1),
        "ride": Counts(0, 1, 0),
    }


def test_micro_sums_all_classes_and_recordings():
    micro = REPORT.micro(ALIGNED, WIDE_S)
    assert micro == Counts(9, 2, 1)
    assert micro.f_measure == pytest.approx(18 / 21)


def test_macro_is_the_mean_over_the_classes_that_are_played():
    assert REPORT.macro_f(ALIGNED, WIDE_S) == pytest.approx((1 + 1 / 2) / 2)


def test_tolerances_and_label_variants_are_kept_apart():
    assert REPORT.micro(ALIGNED, TIGHT_S) == Counts(3 + 2, 3 + 1 + 2, 3 + 2)
    assert REPORT.micro(RAW, WIDE_S) == Counts(7, 2, 3)


def test_kits_are_scored_as_groups_in_alphabetical_order():
    report = report_of(*REPORT.recordings, score("c.wav", "808", {"kick": Counts(1, 0, 0)}))
    assert list(report.by_kit().items()) == [
        ("808", Counts(3, 2, 0)),
        ("Acoustic", Counts(7, 0, 1)),
    ]


def test_velocity_counts_are_summed_over_the_recordings_that_have_them():
    report = report_of(*REPORT.recordings, score("c.wav", "808", {}))
    assert report.velocity() == Counts(4, 7, 6)
    assert report_of(score("c.wav", "808", {})).velocity() is None


def test_bias_and_absolute_error_are_medians_in_milliseconds():
    # Errors -10 -2 4 30, absolute 2 4 10 30.
    expected = {"bias": 1.0, "median_absolute": 7.0}
    assert REPORT.timing_ms() == pytest.approx(expected, abs=1e-5)
    assert report_of(score("c.wav", "808", {})).timing_ms() == {"bias": 0, "median_absolute": 0}


def test_the_interval_of_recordings_that_are_all_alike_is_a_point():
    alike = [score(f"{i}.wav", "808", {"kick": Counts(2, 1, 1)}) for i in range(5)]
    assert report_of(*alike).interval() == pytest.approx((2 / 3, 2 / 3))


def test_the_interval_of_one_good_and_one_bad_recording_goes_from_one_to_the_other():
    # Redrawing two of two gives both bad, both good or one of each: a quarter, a quarter, half.
    report = report_of(
        score("good.wav", "808", {"kick": Counts(4, 0, 0)}),
        score("bad.wav", "808", {"kick": Counts(0, 4, 4)}),
    )
    assert report.interval() == (0, 1)


def test_the_interval_holds_the_score_and_narrows_with_recordings():
    def width(n):
        report = report_of(
            *(score(f"{i}.wav", "808", {"kick": Counts(5 + i % 5, i % 3, 2)}) for i in range(n))
        )
        low, high = report.interval()
        assert 0 <= low <= report.micro(ALIGNED, WIDE_S).f_measure <= high <= 1
        assert report.interval() == (low, high)
        return high - low

    assert width(200) < width(10) / 2


def test_the_report_is_the_same_after_a_round_trip_through_json():
    contents = REPORT.to_dict()
    assert json.loads(json.dumps(contents)) == contents


def test_json_holds_the_numbers_worked_out_by_hand():
    contents = REPORT.to_dict()
    assert contents["n_recordings"] == 2
    assert contents["model"] == {"epoch": 3}
    assert contents["micro"]["aligned"]["50ms"] == {
        "precision": round(9 / 11, 4),
        "recall": 0.9,
        "f_measure": round(18 / 21, 4),
        "n_reference": 10,
        "n_true": 9,
        "n_false": 2,
        "macro_f": 0.75,
    }
    assert set(contents["micro"]) == {"aligned", "raw"}
    assert set(contents["micro"]["raw"]) == {"50ms", "20ms"}
    assert contents["velocity"]["n_true"] == 4
    assert contents["by_class"]["snare"]["f_measure"] == 0.5
    assert contents["by_kit"]["808"]["n_false"] == 2
    assert contents["by_recording"]["a.wav"]["n_reference"] == 8
    assert contents["timing_ms"] == {"bias": 1.0, "median_absolute": 7.0}


def test_json_of_recordings_without_velocities_says_so():
    assert report_of(score("c.wav", "808", {})).to_dict()["velocity"] is None


def test_the_text_tells_the_number_of_recordings_first():
    assert REPORT.lines()[0] == "2 recordings, 3 classes"


def test_the_text_has_a_row_for_every_variant_class_and_kit():
    rows = {line[:24].strip(): line[24:].split() for line in REPORT.lines()}
    assert rows["aligned labels, 50 ms"] == ["0.818", "0.900", "0.857", "0.750", "10"]
    assert rows["raw labels, 20 ms"][-1] == "10"
    assert rows["with velocity, 50 ms"] == ["0.364", "0.400", "0.381", "10"]
    assert rows["snare"] == ["0.500", "0.500", "0.500", "2"]
    assert rows["808"] == ["0.500", "1.000", "0.667", "2"]
    assert "timing: bias +1.0 ms, median absolute error 7.0 ms" in REPORT.lines()


def test_the_text_of_one_kit_without_velocities_leaves_both_tables_out():
    lines = report_of(score("c.wav", "808", {"kick": Counts(1, 0, 0)})).lines()
    assert not any(line.startswith(("808", "kit ", "with velocity")) for line in lines)


def test_calibration_error_and_bins_are_those_worked_out_by_hand():
    # Four kicks of confidence 0.9 that are right, one snare of 0.9 and one of 0.2 that are not.
    report = report_of(
        score("a.wav", "808", {}, errors_s=[0, 0, 0]),
        score("b.wav", "808", {}, errors_s=[0], invented=[0.9, 0.2]),
    )
    calibration = report.to_dict()["calibration"]
    assert calibration["bins"] == [
        {"n_hits": 1, "confidence": 0.2, "precision": 0.0},
        {"n_hits": 5, "confidence": 0.9, "precision": 0.8},
    ]
    assert calibration["expected_error"] == pytest.approx((0.2 + 5 * 0.1) / 6, abs=1e-4)
    by_class = {"kick": 0.1, "snare": (0.9 + 0.2) / 2, "ride": 0}
    assert calibration["by_class"] == pytest.approx(by_class, abs=1e-4)
    assert "confidence: expected calibration error 0.117" in report.lines()


def test_confusions_are_summed_over_recordings():
    report = report_of(*(score(name, "808", {}, invented=[0.5] * 3) for name in ("a", "b")))
    missed, false = report.confusion()
    assert missed.sum() == 0
    assert false.tolist() == [[0, 0, 0, 0], [0, 0, 0, 6], [0, 0, 0, 0]]


def test_velocities_are_of_found_hits_where_labels_have_any():
    known = score("a", "808", {}, errors_s=[0, 0], invented=[0.5], velocity=Counts(2, 1, 0))
    unknown = score("b", "808", {}, errors_s=[0])
    hits = report_of(known, unknown).velocity_hits()
    assert hits["velocity"].tolist() == [80, 80]
    assert hits["reference_velocity"].tolist() == [100, 100]
    assert len(report_of(unknown).velocity_hits()) == 0


def test_one_performance_alone_has_no_interval_to_show():
    report = report_of(score("a.wav", "808", {"kick": Counts(1, 1, 0)}))
    assert "95 % interval of the first F: none, as there is but one performance" in report.lines()
    assert report.to_dict()["interval_95"] is None
    assert any(re.fullmatch(r"95 % interval.*: [01]\.\d+\.\.[01]\.\d+", x) for x in REPORT.lines())
