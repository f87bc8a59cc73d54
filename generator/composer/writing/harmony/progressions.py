"""Chords of every section, generated: a core of four chords, answered by a variation, closed by a cadence.

A core is one of the style's progressions or a walk through their transitions. A variation substitutes chords under the
style's rules; bars may be divided between a chord and one that leads on; then the bass is chosen: roots, inversions
that let it move by step, or a pedal point. Everything is in C.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from generator.composer.styles import Style
from generator.composer.writing.form import Form, Section
from generator.composer.writing.harmony.clarity import clarity
from generator.composer.writing.harmony.rules import rules_of
from generator.composer.writing.notes import Harmony
from generator.composer.writing.rng import RngFactory
from generator.composer.writing.theory import MAJOR_MODES, QUALITIES, Chord, chord

CHORUS = ("B", "B2", "build")
CORE_CHORDS = 4
DWELLING = (
    (0, 0, 1, 1, 2, 2, 3, 3), (0, 1, 0, 1, 2, 3, 2, 3), (0, 0, 0, 0, 1, 1, 2, 3), (0, 0, 1, 1, 0, 0, 2, 3),
    (0, 1, 0, 1, 0, 1, 2, 3), (0, 0, 2, 2, 0, 0, 3, 3),
)  # fmt: skip
DWELLING_SECTIONS = ("intro", "break", "build", "outro")
PEDALS = ("intro", "build", "break")  # sections that may stand on a pedal point; without drums, verses, too
GENERATED_SHARE = 0.5  # share of cores that are walks
SHORT_BARS = 8  # shorter pieces are one phrase
MAX_TRIES, MAX_DRAFTS = 12, 20
COLORED, COLOR_TONES = ("A", "B"), 8  # sections that have a tone from outside of the scale if rules allow; their tones
MIN_SECONDARY, COLOR_COST = 0.1, 0.08  # secondary dominants from which rules allow it; clarity that its lack costs
CADENCE_WEIGHT = 0.5  # of the dominant with which phrases end, in slots
MIN_CLARITY = 0.12  # difference of correlations from which a key counts as clear
TONIC_SEVENTH_SHARE = (
    0.25  # share of tonic chords that keep their ninth or, in minor, their seventh, which blur the key
)


@dataclass(frozen=True)
class _Slot:
    """A chord in a phrase, and the share of its slot at which it begins."""

    chord: Chord
    offset: float = 0.0


def generate(style: Style, mode: str, form: Form, take: int, seed: int) -> tuple[Harmony, ...]:
    """Generate the harmony of a piece. Takes differ in their cores; sections of one kind share theirs."""
    rngs = RngFactory(f"{seed}/{style.key}/{mode not in MAJOR_MODES}")
    writer = _Writer(style, mode, form, take, rngs)
    harmony = [item for number in range(len(form.sections)) for item in writer.section(number)]
    if not form.loop:
        harmony.append(writer.last())
    return tuple(harmony)


class _Writer:
    """Writes the chords of one piece."""

    def __init__(self, style: Style, mode: str, form: Form, take: int, rngs: RngFactory) -> None:
        self._style = style
        self._form = form
        self._rngs = rngs
        self._take = take
        self._rules = rules_of(style)
        self._minor = mode not in MAJOR_MODES
        self._is_hijaz = mode == "hijaz"  # whose home chord is major
        self._is_phrygian = mode in ("phrygian", "hijaz")
        self._phrases: dict[str, list[list[_Slot]]] = {}
        verse = style.minor_a if self._minor and style.minor_a else style.a
        chorus = style.minor_b if self._minor and style.minor_b else style.b
        self._cores = {"verse": self._core("verse", verse), "chorus": self._core("chorus", chorus)}

    def _core(self, part: str, progressions: tuple[str, ...]) -> list[Chord]:
        """Draw the core of a part: takes go through a list in which no two are equal."""
        rng = self._rngs.derive("cores", part)
        known = [[chord(numeral, 0) for numeral in text.split()] for text in progressions]
        cores = list(rng.sample(known, len(known)))
        if self._style.chorus_bars:  # a form of its own, as the twelve bars of the blues
            return cores[(self._take - 1) % len(cores)]
        for _ in range(MAX_TRIES):
            walk = _walk(known, rng)
            if walk not in cores:
                cores.insert(rng.randrange(len(cores) + 1) if rng.random() < GENERATED_SHARE else len(cores), walk)
        core = cores[(self._take - 1) % len(cores)]
        home = next((place for place, item in enumerate(core) if item.root == 0), 0)
        is_kept = part == "chorus" or self._rules.two_five
        return core if is_kept else [*core[home:], *core[:home]]  # so that the first chord of a verse says the key

    def section(self, number: int) -> Iterator[Harmony]:
        """Yield the chords of a section."""
        sections = self._form.sections
        section = sections[number]
        following = sections[number + 1] if number + 1 < len(sections) else None
        shift = section.shift
        slot_bars = self._style.bars_a_chord
        beats = float(self._form.beats)
        start, end = section.first_bar * beats, (section.last_bar + 1) * beats
        phrase = self._phrase(section)
        closes = following is None or following.into == 0
        position = int((section.into if self._form.bars >= SHORT_BARS else section.first_bar) // slot_bars)
        at = start
        while at < end - 0.01:
            length = min(slot_bars * beats, end - at)
            slots = phrase[position % len(phrase)]
            if closes and at + length > end - 0.01:
                target = self._phrase(following)[0][0].chord if following else self._home()
                into_key = following.shift - shift if following else -shift
                slots = self._closing(section, slots, target, into_key)
                begin = max(at, end - beats)  # only the last bar of a slot of two bars
                if begin > at:
                    kept = phrase[position % len(phrase)][0].chord
                    yield Harmony(at, begin - at, kept.transposed(shift), section, shift)
                yield from self._placed(slots, begin, end - begin, section, shift)
            else:
                yield from self._placed(slots, at, length, section, shift)
            at, position = at + length, position + 1

    def _placed(
        self, slots: Sequence[_Slot], start: float, length: float, section: Section, shift: int
    ) -> Iterator[Harmony]:
        """Yield the chords of a slot; a second one begins on the middle pulse of the bar."""
        half = length / 2 if self._form.meter != "3/4" or length > self._form.beats else 2 * length / 3
        if len(slots) == 1 or length < 1.9:
            yield Harmony(start, length, slots[0].chord.transposed(shift), section, shift)
            return
        yield Harmony(start, half, slots[0].chord.transposed(shift), section, shift)
        yield Harmony(start + half, length - half, slots[1].chord.transposed(shift), section, shift)

    def last(self) -> Harmony:
        """Return the last chord: the tonic."""
        form = self._form
        return Harmony(form.end, form.ring_s / form.beat_s, self._home(), form.sections[-1])

    def _home(self) -> Chord:
        home = next((item for item in self._cores["verse"] if item.root == 0), None)
        is_minor = self._minor and not self._is_hijaz
        if home is None or home.is_minor != is_minor or 10 in home.intervals:
            return Chord(0, (0, 3, 7) if is_minor else (0, 4, 7))
        return replace(home, bass=None)

    # --- a phrase: twice the core, varied, with its basses ---

    def _phrase(self, section: Section | None) -> list[list[_Slot]]:
        """Return the slots of the phrase of a section's kind: eight, each with one chord or two.

        Of some drafts the first is taken that says its key clearly, or else the clearest.
        """
        name = section.name if section and self._form.bars >= SHORT_BARS else "A"
        if name not in self._phrases:
            drafts = (self._draft(name, number) for number in range(MAX_DRAFTS))
            is_colored = self._rules.secondary >= MIN_SECONDARY and name in COLORED
            slots_in_unit = max(2, round(4 / self._style.bars_a_chord))
            self._phrases[name] = _clearest(drafts, slots_in_unit, minor=self._minor, is_colored=is_colored)
        return self._phrases[name]

    def _draft(self, name: str, number: int) -> list[list[_Slot]]:
        kind = {"A2": "A", "solo": "A", "B2": "B", "outro": "A"}.get(name, name)
        core = self._cores["chorus" if name in CHORUS else "verse"]
        rng = self._rngs.derive("phrase", kind, self._take, number)
        if name == "intro" and rng.random() < 0.5:
            core = [core[0], core[1], core[0], core[rng.choice((1, 3)) % len(core)]]
        has_own_form = self._style.chorus_bars > 0
        statement = self._substituted(core, rng, 0.0 if has_own_form else 0.5)
        answer = self._substituted(core, self._rngs.derive("answer", name, self._take, number), 1.0)
        drawn = statement if has_own_form else [*statement, *answer]
        if len(drawn) == 2 * CORE_CHORDS and not has_own_form:
            drawn = [drawn[place] for place in self._order(name)]
        chords = [self._settled(item, rng) for item in drawn]
        slots = [self._divided(item, chords[(i + 1) % len(chords)], rng) for i, item in enumerate(chords)]
        return self._with_bass(slots, name, rng)

    def _order(self, name: str) -> tuple[int, ...]:
        """Draw the order in which a section goes through its eight chords: some dwell, on one or between two."""
        rng = self._rngs.derive("order", name, self._take)
        share = 1.0 if name in DWELLING_SECTIONS else self._rules.dwelling
        is_dwelling = rng.random() < share and self._style.bars_a_chord <= 1
        return rng.choice(DWELLING) if is_dwelling else tuple(range(2 * CORE_CHORDS))

    def _substituted(self, core: Sequence[Chord], rng: random.Random, strength: float) -> list[Chord]:
        """Substitute some chords of a core by relatives and borrowed ones; its first chord stays."""
        rules = self._rules
        chords = [core[0]]
        for item in core[1:]:
            draw = rng.random()
            if draw < rules.borrowed * strength:
                chords.append(_borrowed(item, self._minor, rng))
            elif draw < (rules.borrowed + rules.substitution) * strength:
                chords.append(_relative(item, self._minor, rng))
            else:
                chords.append(item)
        return chords

    def _settled(self, item: Chord, rng: random.Random) -> Chord:
        """Make a chord fit its key: in minor, the tonic without the relative major's seventh, v mostly as V."""
        draw, place = rng.random(), rng.random()
        if self._minor and item.root == 0 and item.is_minor and 10 in item.intervals and draw > TONIC_SEVENTH_SHARE:
            return replace(item, intervals=QUALITIES["m6" if self._rules.two_five and place > 0.5 else "m"])
        if item.root == 0 and 14 in item.intervals and draw > TONIC_SEVENTH_SHARE:  # the ninth belongs to the dominant
            return replace(item, intervals=QUALITIES["m" if item.is_minor else "6" if 11 in item.intervals else ""])
        if self._minor and item.root == 7 and item.is_minor and draw > 0.25 and not self._is_phrygian:
            return Chord(7, QUALITIES["7" if self._rules.sevenths or len(item.intervals) > 3 else ""])
        return item

    def _divided(self, item: Chord, following: Chord, rng: random.Random) -> list[_Slot]:
        """Divide a bar between its chord and one that leads to the next, or leave it whole."""
        rules = self._rules
        draw = rng.random()
        leading: Chord | None = None
        if following.root == item.root or (following.root == 7 and draw > self._rules.two_five * 0.5):
            return [_Slot(item)]  # the dominant's own dominant would soon be heard as a change of key
        for share, make in (
            (rules.two_five, _dominant_seventh),
            (rules.tritone, _tritone),
            (rules.leading, _leading_tone),
            (rules.secondary, self._dominant),
        ):
            if draw < share:
                leading = make(following)
                break
            draw -= share
        if leading is None or leading.root == item.root:
            return [_Slot(item)]
        if leading.root == (following.root + 7) % 12 and rules.two_five and rng.random() < 0.6:
            item = _two_of(following)
        return [_Slot(item), _Slot(leading, 0.5)]

    def _dominant(self, target: Chord) -> Chord:
        has_seventh = self._rules.sevenths or target.root != 0
        return Chord((target.root + 7) % 12, QUALITIES["7" if has_seventh else ""])

    def _closing(self, section: Section, slots: list[_Slot], target: Chord, into_key: int) -> list[_Slot]:
        """Return the last bar of a section: a cadence into the next section's key, or the phrase as it is."""
        rng = self._rngs.derive("cadence", section.name, self._take)
        is_last = section is self._form.sections[-1]
        draw, cadences = rng.random(), self._rules.minor_cadences if self._minor else self._rules.cadences
        words = rng.choice([text for text in cadences if not is_last or "V" in text.split()[-1][:1]]).split()
        is_slow = section.bars <= 2 * self._style.bars_a_chord
        if not is_last and not into_key and (is_slow or draw > self._rules.cadence):
            return slots
        chords = [chord(word, into_key % 12) for word in words]
        if target.root not in (0, 9, 3, 5, 8) and not into_key:  # the tonic, or a chord that can stand for it
            chords = [*chords[:-1], self._dominant(target)]
        return [_Slot(item, 0.5 * place) for place, item in enumerate(chords)]

    def _with_bass(self, slots: list[list[_Slot]], name: str, rng: random.Random) -> list[list[_Slot]]:
        """Choose the bass: a pedal point in some intros, builds and breaks, else roots and inversions."""
        is_pedal = rng.random() < self._rules.pedal
        if is_pedal and name in PEDALS + (("A", "outro") if not any(self._style.grooves) else ()):
            pedal = 7 if name == "build" else 0
            return [[replace(slot, chord=replace(slot.chord, bass=pedal)) for slot in pair] for pair in slots]
        flat = [slot for pair in slots for slot in pair]
        basses = [flat[0].chord.root]
        for before, slot, after in zip(flat[:-1], flat[1:], [*flat[2:], flat[0]], strict=True):
            basses.append(_bass(slot.chord, basses[-1], before.chord, after.chord, self._rules.inversion, rng))
        chosen = iter(basses)
        return [[replace(slot, chord=_over(slot.chord, next(chosen))) for slot in pair] for pair in slots]


def _clearest(drafts: Iterator[list[list[_Slot]]], unit: int, *, minor: bool, is_colored: bool) -> list[list[_Slot]]:
    """Return the first draft whose first slots, a unit, and whole say the key clearly, or the one that says it best.

    A colored one also has a tone from outside of the scale.
    """
    best: list[list[_Slot]] = []
    best_clarity = float("-inf")
    for draft in drafts:
        weighted = [(slot.chord, 1 / len(pair)) for pair in draft for slot in pair]
        first = sum(len(pair) for pair in draft[:unit])
        weighted.append((Chord(7, QUALITIES[""]), CADENCE_WEIGHT))
        found = min(clarity(weighted, minor=minor), clarity(weighted[:first], minor=minor))
        if is_colored and len({tone for chord, _ in weighted for tone in chord.tones}) < COLOR_TONES:
            found = min(found, MIN_CLARITY - COLOR_COST) - COLOR_COST
        if found > best_clarity:
            best, best_clarity = draft, found
        if best_clarity >= MIN_CLARITY:
            break
    return best


def _walk(known: Sequence[Sequence[Chord]], rng: random.Random) -> list[Chord]:
    """Return four chords along the transitions of known progressions, from one of their first chords."""
    follows: dict[Chord, list[Chord]] = {}
    for progression in known:
        for index, item in enumerate(progression):
            follows.setdefault(item, []).append(progression[(index + 1) % len(progression)])
    walk = [rng.choice(known)[0]]
    while len(walk) < CORE_CHORDS:
        others = [item for item in follows[walk[-1]] if item.root != walk[-1].root]
        everything = [item for item in follows if item.root != walk[-1].root]
        walk.append(rng.choice(others if others and rng.random() < 0.65 else everything or list(follows)))
    return walk


def _over(item: Chord, bass: int) -> Chord:
    return item if bass == item.root else replace(item, bass=bass)


def _bass(item: Chord, last_bass: int, before: Chord, after: Chord, inversion: float, rng: random.Random) -> int:
    """Return a chord's bass: the root, or its third or fifth where that lets the bass move by step."""
    draw, place = rng.random(), rng.random()
    third, fifth = (item.root + item.intervals[1]) % 12, (item.root + 7) % 12
    by_step = [tone for tone in (third, fifth) if (tone - last_bass) % 12 in (1, 2, 10, 11)]
    if item.intervals[1] not in (3, 4):
        by_step = [tone for tone in by_step if tone == fifth]
    if before.root == item.root or (by_step and draw < 2 * inversion):
        return by_step[0] if by_step else third if place < 0.5 and item.intervals[1] in (3, 4) else item.root
    return third if draw < 0.4 * inversion and item.intervals[1] in (3, 4) and after.root != item.root else item.root


def _quality(item: Chord, *, minor: bool) -> tuple[int, ...]:
    """Return a quality of the same size as a chord's."""
    if len(item.intervals) > 3:
        return QUALITIES["m7" if minor else "maj7"]
    return QUALITIES["m" if minor else ""]


def _relative(item: Chord, minor: bool, rng: random.Random) -> Chord:
    """Return a chord a third away that has the same function (Riemann's parallels)."""
    # root → (root, is minor)
    table = (
        {0: ((8, False),), 3: ((0, True),), 5: ((8, False), (2, True)), 8: ((5, True), (0, True)), 10: ((7, True),)}
        if minor
        else {0: ((9, True), (4, True)), 2: ((5, False),), 4: ((0, False), (7, False)), 5: ((2, True), (9, True)),
              7: ((4, True), (2, True)), 9: ((0, False), (5, False))}
    )  # fmt: skip
    if item.root not in table:
        return item
    root, is_minor = rng.choice(table[item.root])
    if minor and root == 2:
        return Chord(2, QUALITIES["m7b5" if len(item.intervals) > 3 else "dim"])
    return Chord(root, _quality(item, minor=is_minor))


def _borrowed(item: Chord, minor: bool, rng: random.Random) -> Chord:
    """Return a chord of the parallel key in the place of one with the same function."""
    table = (
        {5: ((5, False), (1, False)), 8: ((1, False), (9, True)), 10: ((11, True), (7, False)), 7: ((7, False),)}
        if minor
        else {5: ((5, True), (10, False)), 2: ((5, True),), 9: ((8, False), (3, False)), 7: ((10, False),),
              4: ((3, False),)}
    )  # fmt: skip
    if item.root not in table:
        return item
    root, is_minor = rng.choice(table[item.root])
    if root == 11:
        return Chord(11, QUALITIES["dim7"])
    return Chord(root, _quality(item, minor=is_minor))


def _dominant_seventh(target: Chord) -> Chord:
    return Chord((target.root + 7) % 12, QUALITIES["7"])


def _two_of(target: Chord) -> Chord:
    """Return the ii of a chord taken as a tonic."""
    return Chord((target.root + 2) % 12, QUALITIES["m7b5" if target.is_minor else "m7"])


def _tritone(target: Chord) -> Chord:
    """Return the dominant seventh a semitone above its target, in the place of the dominant a tritone away."""
    return Chord((target.root + 1) % 12, QUALITIES["7"])


def _leading_tone(target: Chord) -> Chord:
    return Chord((target.root - 1) % 12, QUALITIES["dim7"])
