"""Which output belongs to which input, and which names are refused."""

from pathlib import Path

import pytest

from drumscribe.output_plan import output_formats, plan_outputs, require_telling_names
from drumscribe.utils.errors import DrumscribeError


@pytest.fixture
def tree(tmp_path, monkeypatch):
    """Makes empty files below the current folder."""
    monkeypatch.chdir(tmp_path)

    def make(*names):
        for name in names:
            Path(name).parent.mkdir(parents=True, exist_ok=True)
            Path(name).touch()

    return make


def plan(*inputs, output=None, formats=("mid",)):
    """Outputs by recording, all relative to the current folder."""
    jobs = plan_outputs([Path(i) for i in inputs], output and Path(output), formats)
    return {
        job.audio.as_posix(): [target.as_posix() for target in job.targets.values()] for job in jobs
    }


def test_a_file_without_output_goes_beside_itself(tree):
    tree("songs/a.wav")
    assert plan("songs/a.wav") == {"songs/a.wav": ["songs/a.mid"]}


def test_a_file_goes_to_the_name_given(tree):
    tree("a.wav")
    assert plan("a.wav", output="new/b.mid") == {"a.wav": ["new/b.mid"]}


def test_the_name_given_is_kept_whatever_its_suffix(tree):
    tree("a.wav")
    assert plan("a.wav", output="b.midi") == {"a.wav": ["b.midi"]}
    assert plan("a.wav", output="b.txt", formats=["csv"]) == {"a.wav": ["b.txt"]}


@pytest.mark.parametrize(("output", "written"), [("b.mid", "json"), ("b.CSV", "mid")])
def test_a_name_with_the_suffix_of_another_format_is_refused(tree, output, written):
    tree("a.wav")
    with pytest.raises(DrumscribeError, match=rf"{output}: would hold {written}, .*--format"):
        plan("a.wav", output=output, formats=[written])


@pytest.mark.parametrize(
    ("output", "formats", "targets"),
    [
        ("x.tab", ["tab"], ["x.tab"]),
        ("x.lanes", ["lanes"], ["x.lanes"]),
        ("x.lanes.json", ["mid", "lanes"], ["x.mid", "x.lanes.json"]),
        ("x.tab.txt", ["tab", "mid"], ["x.tab.txt", "x.mid"]),
        ("x.tab", ["tab", "mid"], ["x.tab.txt", "x.mid"]),
        ("x.JSON", ["json", "mid"], ["x.json", "x.mid"]),
        ("my.song", ["json", "mid"], ["my.song.json", "my.song.mid"]),
        (".lanes.json", ["mid", "csv"], [".lanes.mid", ".lanes.csv"]),
    ],
)
def test_endings_of_two_parts_are_endings(tree, output, formats, targets):
    tree("a.wav")
    assert plan("a.wav", output=output, formats=formats) == {"a.wav": targets}


def test_a_file_goes_below_a_folder_that_exists(tree):
    tree("songs/a.wav", "out/old.mid")
    assert plan("songs/a.wav", output="out") == {"songs/a.wav": ["out/a.mid"]}


def test_a_file_that_exists_is_replaced_whatever_its_name(tree):
    tree("songs/a.wav", "notes")
    assert plan("songs/a.wav", output="notes") == {"songs/a.wav": ["notes"]}


def test_a_folder_without_output_is_transcribed_in_place(tree):
    tree("songs/a.wav", "songs/live/b.flac")
    assert plan("songs") == {
        "songs/a.wav": ["songs/a.mid"],
        "songs/live/b.flac": ["songs/live/b.mid"],
    }


def test_a_folders_tree_is_kept_below_the_output(tree):
    tree("songs/a.wav", "songs/live/a.wav", "songs/notes.txt")
    assert plan("songs", output="out") == {
        "songs/a.wav": ["out/a.mid"],
        "songs/live/a.wav": ["out/live/a.mid"],
    }


def test_files_and_folders_go_below_one_output(tree):
    tree("x/a.wav", "songs/live/b.wav")
    assert plan("x/a.wav", "songs", output="out") == {
        "x/a.wav": ["out/a.mid"],
        "songs/live/b.wav": ["out/live/b.mid"],
    }


def test_dots_in_names_are_kept(tree):
    tree("Vol. 2/01. Intro.wav", "Vol. 2/01. Outro.wav")
    assert plan("Vol. 2", output="out") == {
        "Vol. 2/01. Intro.wav": ["out/01. Intro.mid"],
        "Vol. 2/01. Outro.wav": ["out/01. Outro.mid"],
    }
    assert plan("Vol. 2/01. Intro.wav", output="Song v1.2", formats=["mid", "csv"]) == {
        "Vol. 2/01. Intro.wav": ["Song v1.2.mid", "Song v1.2.csv"]
    }


def test_every_format_has_its_suffix(tree):
    tree("songs/a.wav")
    assert plan("songs/a.wav", formats=["mid", "csv", "json"]) == {
        "songs/a.wav": ["songs/a.mid", "songs/a.csv", "songs/a.json"]
    }
    assert plan("songs/a.wav", output="b.mid", formats=["csv", "json"]) == {
        "songs/a.wav": ["b.csv", "b.json"]
    }
    assert plan("songs", output="out", formats=["csv"]) == {"songs/a.wav": ["out/a.csv"]}


@pytest.mark.parametrize("output", [None, "out"])
def test_recordings_that_differ_in_the_suffix_alone_keep_it(tree, output):
    tree("songs/a.wav", "songs/a.mp3", "songs/b.wav")
    folder = output or "songs"
    assert plan("songs", output=output) == {
        "songs/a.mp3": [f"{folder}/a.mp3.mid"],
        "songs/a.wav": [f"{folder}/a.wav.mid"],
        "songs/b.wav": [f"{folder}/b.mid"],
    }


def test_recordings_that_differ_in_case_alone_do_not_share_an_output(tree):
    tree("songs/a.wav", "songs/A.mp3")
    targets = [target.casefold() for [target] in plan("songs").values()]
    assert len(set(targets)) == 2


def test_a_recording_named_twice_is_transcribed_once(tree):
    tree("songs/a.wav")
    assert plan("songs/a.wav", "songs", "songs/../songs/a.wav") == {"songs/a.wav": ["songs/a.mid"]}


def test_recordings_of_one_name_from_two_folders_are_refused(tree):
    tree("x/a.wav", "y/a.wav")
    with pytest.raises(DrumscribeError, match="different folders") as caught:
        plan("x/a.wav", "y/a.wav", output="out")
    for name in (Path("x/a.wav"), Path("y/a.wav"), Path("out/a")):
        assert str(name) in str(caught.value)
    assert len(plan("x/a.wav", "y/a.wav")) == 2


def test_a_recording_is_never_written_over(tree):
    tree("a.wav", "other/b.wav")
    with pytest.raises(DrumscribeError, match=r"a\.wav: is a recording itself"):
        plan("a.wav", output="a.wav")
    with pytest.raises(DrumscribeError, match="is a recording itself"):
        plan("a.wav", output="other/../a.wav")


def test_several_recordings_do_not_go_to_one_file(tree):
    tree("songs/a.wav", "songs/b.wav", "out.mid")
    with pytest.raises(DrumscribeError, match=r"out\.mid: names a file; name a folder"):
        plan("songs", output="out.mid")


def test_a_folder_without_recordings_is_what_is_told_first(tree):
    tree("songs/a.txt")
    with pytest.raises(DrumscribeError, match="songs: holds no audio files"):
        plan("songs", output="out.mid")


@pytest.mark.parametrize("name", ["new.mid", "new.tab.txt"])
def test_no_folder_is_made_whose_name_is_a_files(tree, name):
    tree("songs/a.wav")
    with pytest.raises(DrumscribeError, match="names a file; name a folder"):
        plan("songs", output=name)


@pytest.mark.parametrize("name", ["absent.wav", "absent"])
def test_an_absent_input_is_named(tree, name):
    tree("a.wav")
    with pytest.raises(DrumscribeError, match=f"{name}: no such audio file"):
        plan("a.wav", name)


def test_a_folder_without_audio_is_named(tree):
    tree("songs/notes.txt")
    with pytest.raises(DrumscribeError, match="songs: holds no audio files"):
        plan("songs")


@pytest.mark.parametrize(
    ("option", "formats"),
    [
        ("mid", ["mid"]),
        ("csv,json", ["csv", "json"]),
        (" mid , csv ", ["mid", "csv"]),
        ("mid,mid", ["mid"]),
        ("", ["mid"]),
    ],
)
def test_formats_are_a_comma_separated_list(option, formats):
    assert output_formats(option) == formats


@pytest.mark.parametrize(
    ("output", "formats"),
    [
        (None, ["mid"]),
        ("song.svg", ["svg"]),
        ("song.CSV", ["csv"]),
        ("song.midi", ["mid"]),
        ("song.lanes.json", ["lanes"]),
        ("song.tab.txt", ["tab"]),
        ("song.tab", ["tab"]),
        ("transcriptions", ["mid"]),
        ("v1.2", ["mid"]),
    ],
)
def test_the_name_of_the_output_tells_the_format(output, formats):
    assert output_formats(None, output and Path(output)) == formats
    assert output_formats("json", output and Path(output)) == ["json"]


def test_a_folder_tells_no_format(tmp_path):
    folder = tmp_path / "scores.svg"
    folder.mkdir()
    assert output_formats(None, folder) == ["mid"]


def test_an_unknown_format_is_refused_with_the_choice():
    with pytest.raises(DrumscribeError, match="wav: choose of mid, csv, json"):
        output_formats("mid,wav")


@pytest.mark.parametrize("output", ["b.mp3", "b.WAV", "b.xml", "b.txt", "b.m4a"])
def test_a_name_that_tells_of_another_kind_of_file_is_refused(tree, output):
    tree("a.wav")
    jobs = plan_outputs([Path("a.wav")], Path(output))
    with pytest.raises(DrumscribeError, match=rf"{output}: .* one of \.mid, .*--format"):
        require_telling_names(jobs)


@pytest.mark.parametrize("output", [None, "b.mid", "b.MIDI", "b.smf", "take.2", "Mr. Blues", "b"])
def test_names_that_tell_of_midi_or_of_nothing_are_kept(tree, output):
    tree("a.wav")
    require_telling_names(plan_outputs([Path("a.wav")], output and Path(output)))


def test_a_folder_named_like_a_file_holds_files_that_tell(tree):
    tree("songs/a.wav")
    require_telling_names(plan_outputs([Path("songs")], Path("songs.mp3")))


@pytest.mark.parametrize("output", [None, "b.mid"])
def test_notes_are_no_recording(tree, output):
    tree("played.mid")
    with pytest.raises(DrumscribeError, match=r"played\.mid: is MIDI, .*drumscribe chart"):
        plan("played.mid", output=output)
