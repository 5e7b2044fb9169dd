"""What rendered recordings are like: every probability and strength of the engine.

Probabilities are per recording unless a comment says otherwise; a range is (lowest, highest) of a
uniform draw. Setting the probability of a thing to 0 switches it off.
"""

import dataclasses
from dataclasses import dataclass, field
from typing import Annotated

from drumscribe.config import NonNegative, Probability
from drumscribe.utils.errors import DrumscribeError
from drumscribe.utils.schema import Range

Seconds = Annotated[float, Range(0, 600)]
Decibels = Annotated[float, Range(-120, 120)]
Bars = Annotated[int, Range(1, 64)]


@dataclass(frozen=True)
class KitConfig:
    """Which kit is heard, and how it differs from its samples.

    Attributes:
        acoustic_share: how often the main kit is an acoustic one.
        mixing: that each group of pieces may come from another kit.
        group_mixing: per group of pieces, when mixing: that it does.
        level_spread_db: standard deviation of a piece's level.
        cymbal_level_db: range of the level of all cymbals, the hi-hat among them, against what
            the kits have.
        level_pull: 0..1, how far levels are pulled from a kit's own to those of a usual kit.
        tune: that the pieces of a group are retuned, per group.
        tune_semitones: standard deviation of the retuning.
        damping: that the pieces of a group are damped, per group.
        dynamics: range of the exponent between velocity and amplitude.
        layer_trust: range of how far the levels of recorded layers are kept, 0..1; the rest is
            the exponent's.
        hit_gain_db: standard deviation of a hit's gain.
        velocity_dullness: range of how dull the softest hits are, 0..1.
    """

    acoustic_share: Probability = 0.75
    mixing: Probability = 0.5
    group_mixing: Probability = 0.4
    level_spread_db: NonNegative = 3.0
    # Kits of one-shots have each piece loud. Against the kick, the hi-hat of recordings (MDB Drums'
    # development half, E-GMD) is 21 to 35 dB softer in its loudest band, that of the kits 4 to 27.
    cymbal_level_db: tuple[Decibels, Decibels] = (-18.0, 2.0)
    level_pull: Probability = 0.5
    tune: Probability = 0.6
    tune_semitones: NonNegative = 1.5
    damping: Probability = 0.25
    dynamics: tuple[NonNegative, NonNegative] = (0.5, 2.6)
    layer_trust: tuple[Probability, Probability] = (0.0, 1.0)
    hit_gain_db: NonNegative = 0.7
    velocity_dullness: tuple[Probability, Probability] = (0.0, 0.8)


@dataclass(frozen=True)
class PlayingConfig:
    """What is played: excerpts of performances, one after another.

    Attributes:
        tempo_factor: range of the tempo against the first performance's.
        tempo_tolerance: largest factor by which a following excerpt's own tempo may differ.
        tempo_drift: standard deviation of the tempo's slow wandering, a share of it.
        section_bars: range of an excerpt's length in bars, both included.
        fill_share: how often a section is a performance of fills, per section.
        jitter_s: largest standard deviation of hits around where they were played.
        velocity_scale: range of a factor on all velocities.
        velocity_compression: range of an exponent on velocity / 127; below 1 evens out.
        tight_start: that the music starts within 50 ms of the recording's start.
        lead_in_s: range of the time before the music otherwise.
    """

    tempo_factor: tuple[NonNegative, NonNegative] = (0.85, 1.2)
    tempo_tolerance: Annotated[float, Range(1, 10)] = 1.3
    tempo_drift: NonNegative = 0.01
    section_bars: tuple[Bars, Bars] = (2, 8)
    fill_share: Probability = 0.2
    jitter_s: NonNegative = 0.006
    velocity_scale: tuple[NonNegative, NonNegative] = (0.75, 1.2)
    velocity_compression: tuple[NonNegative, NonNegative] = (0.6, 1.25)
    tight_start: Probability = 0.15
    lead_in_s: tuple[Seconds, Seconds] = (0.05, 1.5)


@dataclass(frozen=True)
class GrooveConfig:
    """Changes to what is played, for balance; probabilities are per section.

    Attributes:
        move_hihat: that hi-hat strokes go to ride, crash, china or a tom.
        move_ride: that ride strokes go to the hi-hat or a crash.
        swap_toms: that toms change places.
        snare_on_tom: that snare strokes go to a tom.
        cross_stick: that snare strokes become side sticks.
        open_hihat: that some closed strokes are open.
        pedal: that the hi-hat's pedal keeps time.
        crash_on_bars: that bars begin with a crash.
        ghost_notes: that soft snare strokes are put in between.
        flams: that some loud strokes get a grace note.
        double_kick: that the kicks run for some counts.
        fill: that the section ends with a made-up fill.
        blast: that the section is a blast beat instead.
        exercise: that the section is an exercise on a few pieces instead.
        thin: that one or two lanes are left out.
        solo: that only one lane or two are left.
        gap: that some counts are silent.
        rest: that the drums are silent for the whole section.
        grab: that cymbals are damped by hand, per silence.
        grab_drums: whether the drums are damped with them.
        count_in: per recording: that a bar of clicks comes first.
    """

    move_hihat: Probability = 0.33
    move_ride: Probability = 0.25
    swap_toms: Probability = 0.5
    snare_on_tom: Probability = 0.1
    cross_stick: Probability = 0.06
    open_hihat: Probability = 0.12
    pedal: Probability = 0.15
    crash_on_bars: Probability = 0.45
    ghost_notes: Probability = 0.15
    flams: Probability = 0.15
    double_kick: Probability = 0.1
    fill: Probability = 0.4
    blast: Probability = 0.03
    exercise: Probability = 0.14
    thin: Probability = 0.12
    solo: Probability = 0.05
    gap: Probability = 0.08
    rest: Probability = 0.04
    grab: Probability = 0.5
    grab_drums: bool = False
    count_in: Probability = 0.2


@dataclass(frozen=True)
class EffectsConfig:
    """What happens to the sound between the drums and the file.

    Attributes:
        room: that there is a room at all.
        room_level_db: range of the room's energy against the direct sound's.
        room_send_db: standard deviation of a group's share of the room.
        snare_buzz: that the snare's wires answer the other drums.
        snare_buzz_db: range of the buzz against the drums that cause it.
        bus_equaliser: that a group is equalised, per group.
        equaliser: that the drums are equalised, and again the whole.
        equaliser_db: the largest boost or cut of each of its parts.
        compression: that the drums are compressed, and again the whole.
        saturation: that the drums are driven into a soft curve, and again the whole.
        saturation_db: range of how far.
        clipping: that the whole is clipped.
        clipping_db: range of how far below the peak.
        lo_fi: that only a band of telephone, radio or old tape is left.
        flutter: that the tape runs unevenly, by 0.3 ms at most.
        rate_loss: that the sound once had a lower sample rate.
        bit_loss: that the sound once had 7 to 12 bits.
        noise: that there is hiss.
        noise_db: range of its RMS against the peak of the sound.
        hum: that there is mains hum.
        crackle: that there are clicks, as of a worn record.
        codec: that the sound went through a lossy codec.
        codec_compression: range of 0..1, from the best quality to the smallest file.
        full_level: that the peak is near full scale. This is of files, and of what a codec hears;
            features are brought to full scale anyway (``data/audio_level.py``).
        peak_db: range of the peak otherwise.
    """

    room: Probability = 0.8
    room_level_db: tuple[Decibels, Decibels] = (-26.0, -2.0)
    room_send_db: NonNegative = 3.0
    snare_buzz: Probability = 0.25
    snare_buzz_db: tuple[Decibels, Decibels] = (-45.0, -28.0)
    bus_equaliser: Probability = 0.25
    equaliser: Probability = 0.6
    equaliser_db: NonNegative = 6.0
    compression: Probability = 0.35
    saturation: Probability = 0.2
    saturation_db: tuple[Decibels, Decibels] = (0.0, 16.0)
    clipping: Probability = 0.1
    clipping_db: tuple[Decibels, Decibels] = (0.5, 6.0)
    lo_fi: Probability = 0.08
    flutter: Probability = 0.08
    rate_loss: Probability = 0.08
    bit_loss: Probability = 0.05
    noise: Probability = 0.4
    noise_db: tuple[Decibels, Decibels] = (-85.0, -42.0)
    hum: Probability = 0.1
    crackle: Probability = 0.03
    codec: Probability = 0.3
    codec_compression: tuple[Probability, Probability] = (0.0, 0.8)
    full_level: Probability = 0.4
    peak_db: tuple[Decibels, Decibels] = (-20.0, 0.0)


@dataclass(frozen=True)
class BackingConfig:
    """What else is heard, none of it in a lane.

    Attributes:
        backing: that there is accompaniment.
        level_db: range of its RMS against the drums'.
        partial: that it plays in a part of the recording only.
        bass: that it has a bass, when there is accompaniment; likewise the next five.
        chords: chords.
        second_chords: a second instrument with chords, when there is a first.
        lead: a melody.
        voice: something like singing.
        riser: swells of noise.
        sampled: per part: that it is an instrument of the SoundFont, or a recorded voice, if there
            is one.
        hand_percussion: tambourine, shaker, claps, congas and the like, also without the rest.
        hand_percussion_db: range of their RMS against the drums'.
        no_drums: that accompaniment plays without drums.
        negative: that there is no music: speech-like sounds, sweeps, noise or silence.
    """

    backing: Probability = 0.55
    # Against drums, the accompaniment of seven multitrack songs (the development half of MDB
    # Drums) has 4 to 19 dB more energy, 9.5 dB in the median.
    level_db: tuple[Decibels, Decibels] = (-10.0, 16.0)
    partial: Probability = 0.3
    bass: Probability = 0.8
    chords: Probability = 0.85
    second_chords: Probability = 0.5
    lead: Probability = 0.45
    voice: Probability = 0.45
    riser: Probability = 0.08
    sampled: Probability = 0.7
    hand_percussion: Probability = 0.22
    hand_percussion_db: tuple[Decibels, Decibels] = (-20.0, -3.0)
    no_drums: Probability = 0.05
    negative: Probability = 0.05


@dataclass(frozen=True)
class RenderConfig:
    """The whole engine.

    Attributes:
        duration_s: range of a recording's length.
        direct: that the drums are alone and a room is all that is added to them, as at the outputs
            of an electronic kit.
        kits: which kit is heard.
        playing: what is played on it.
        grooves: how that is changed.
        backing: what else is heard.
        effects: what happens to the sound.
    """

    duration_s: tuple[Seconds, Seconds] = (20.0, 40.0)
    # In noise and music a faint sound is seldom a hit; without them it nearly always is.
    direct: Probability = 0.2
    kits: KitConfig = field(default_factory=KitConfig)
    playing: PlayingConfig = field(default_factory=PlayingConfig)
    grooves: GrooveConfig = field(default_factory=GrooveConfig)
    backing: BackingConfig = field(default_factory=BackingConfig)
    effects: EffectsConfig = field(default_factory=EffectsConfig)

    def __post_init__(self) -> None:
        if not 1 <= self.duration_s[0] <= self.duration_s[1]:
            raise DrumscribeError(
                f"duration_s: must be two lengths from 1 s on, the lower first, "
                f"got {self.duration_s}"
            )


def directly_recorded(config: RenderConfig) -> RenderConfig:
    """``config`` without accompaniment, and without effects but its room and its level."""
    effects = dataclasses.replace(
        config.effects,
        snare_buzz=0,
        bus_equaliser=0,
        equaliser=0,
        compression=0,
        saturation=0,
        clipping=0,
        lo_fi=0,
        flutter=0,
        rate_loss=0,
        bit_loss=0,
        noise=0,
        hum=0,
        crackle=0,
        codec=0,
    )
    backing = dataclasses.replace(config.backing, backing=0, hand_percussion=0)
    return dataclasses.replace(config, effects=effects, backing=backing)


EVALUATION = RenderConfig(
    direct=0,
    kits=KitConfig(
        mixing=0.0,
        tune=0.0,
        damping=0.0,
        level_spread_db=1.0,
        cymbal_level_db=(0.0, 0.0),
        dynamics=(0.7, 1.9),
    ),
    playing=PlayingConfig(
        tempo_factor=(1.0, 1.0),
        tempo_drift=0.0,
        jitter_s=0.0,
        velocity_scale=(1.0, 1.0),
        velocity_compression=(1.0, 1.0),
    ),
    grooves=GrooveConfig(
        move_hihat=0,
        move_ride=0,
        swap_toms=0,
        snare_on_tom=0,
        cross_stick=0,
        open_hihat=0,
        pedal=0,
        crash_on_bars=0,
        ghost_notes=0,
        flams=0,
        double_kick=0,
        fill=0,
        blast=0,
        exercise=0,
        thin=0,
        solo=0,
        gap=0,
        rest=0,
        grab_drums=True,  # no player does; but what figures were once told of stays as it was
        count_in=0,
    ),
    backing=BackingConfig(backing=0, hand_percussion=0, no_drums=0, negative=0),
    effects=EffectsConfig(
        saturation=0.05, clipping=0, lo_fi=0, flutter=0, rate_loss=0, bit_loss=0, hum=0, crackle=0
    ),
)
"""What to judge a model by: performances as they were played, kits as they are, drums alone, with
the room, equaliser, compression and codecs that recordings usually meet."""
