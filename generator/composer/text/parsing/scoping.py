"""Which items of a text are denied: the scope of negations, over noun phrases and lists.

avoid: X, Y            a label denies the whole list up to the next stop
no music with X        denies X, as "no X" does
no X, Y and Z          denies X only: a comma ends what "no" denies, unless "or" closes the list
without X, Y and Z     denies all three: prepositions and verbs govern a whole list
X-free, Xなし, X 없이   deny what stands before them, and what "and" joins to it
less X                 asks for less, which is neither
"""

from generator.composer.text.parsing.items import Item, Wish
from generator.composer.text.parsing.kinds import Kind
from generator.composer.text.parsing.tokens import fold

MAX_WORDS_BETWEEN = 4  # words between a negation and what it denies
MAX_ITEMS_BACK = 8  # between what is denied and a negation that follows it
_NEGATIONS = (Kind.NO, Kind.WITHOUT, Kind.UNLIKE, Kind.EXCEPT, Kind.LESS)
_CONNECTORS = (Kind.AND, Kind.OR)
_ENDS_SCOPE = (Kind.BUT, Kind.WITH, Kind.ONLY, Kind.THEN)
_ADJECTIVES = (Kind.MOOD, Kind.PACE, Kind.GENRE, Kind.TERM, Kind.TOPIC, Kind.SCENE)
_NO_AFTER = ("no", "nein", "non", "não")
_LISTED = (Kind.INSTRUMENT, Kind.VOICE)
_DENIED_BEFORE = (*_LISTED, Kind.MOOD, Kind.TEXTURE, Kind.PACE, Kind.GENRE, Kind.TOPIC, Kind.LOOP)
_CJK = frozenset({"ja", "zh", "ko"})
# Words that make a negation one of degree, which denies adjectives only: "not too dark thriller".
_DEGREES = frozenset(
    ("too", "so", "very", "overly", "zu", "allzu", "sehr", "trop", "demasiado", "muy", "tan", "troppo", "molto",
     "muito", "tao")
)  # fmt: skip
_DEGREES_CJK = frozenset(("不太", "不那么", "别太", "不要太", "不过于"))


def mark_denied(items: list[Item]) -> None:
    """Set `wish` and `group` of all items that a negation governs."""
    position, group = 0, 0
    while position < len(items):
        item = items[position]
        negation = next((kind for kind in _NEGATIONS if item.has(kind)), None)
        group += 1
        if item.has(Kind.NOT_ONLY) or (item.has(Kind.NOT_AFTER) and _deny_before(items, position, group)):
            position += 1
        elif item.text.lower() in _NO_AFTER and _stands_alone(items, position):
            _deny(items[position - 1], Kind.NO, group)
            position += 1
        elif negation and not (negation is Kind.EXCEPT and _follows_negation(items, position)):
            position = _deny_after(items, position, negation, group)
        else:
            position += 1


def _stands_alone(items: list[Item], position: int) -> bool:
    """Return whether a negation only has something before it: "guitar no, drums yes"."""
    following = items[position + 1] if position + 1 < len(items) else None
    is_last = following is None or following.follows_comma or following.ends_sentence
    return is_last and position > 0 and not items[position].gap and items[position - 1].has(Kind.INSTRUMENT)


def _follows_negation(items: list[Item], position: int) -> bool:
    """Return whether "except" stands in a denial, so that what follows is wanted: "nothing except piano"."""
    for item in reversed(items[max(0, position - MAX_WORDS_BETWEEN) : position]):
        if item.ends_sentence:
            return False
        if item.has(Kind.NO, Kind.WITHOUT):
            return True
    return False


def _deny_after(items: list[Item], position: int, negation: Kind, group: int) -> int:
    """Deny the items after a negation; return the position where its scope ends."""
    skipped, last, is_connected, is_labeled = 0, None, False, False
    is_degree = not _DEGREES.isdisjoint(fold(items[position].text).split()) or items[position].text in _DEGREES_CJK
    place = position + 1
    while place < len(items):
        item = items[place]
        is_labeled = is_labeled or (place == position + 1 and item.gap == ":")
        stops = item.gap != ":" if place == position + 1 else True
        if (item.ends_sentence and stops) or (not is_labeled and _comma_ends(items, place, negation, last)):
            break
        if item.is_target and not (last is None and item.has(Kind.ONLY)):
            is_connected = is_connected or is_labeled or (last is not None and item.follows_comma)  # within a list
            is_noun_phrase = last is not None and last.has(*_ADJECTIVES) and not is_degree
            if last is not None and not is_connected and not is_noun_phrase:
                break
            _deny(item, negation, group)
            last, is_connected = item, False
        elif last is not None and item.has(*_CONNECTORS):
            if not _continues(items, place, negation, last):
                break
            is_connected = True
        elif last is None and skipped and item.has(Kind.WITH) and items[place - 1].has(Kind.STOPWORD):
            pass  # "no music with drums"
        elif (
            item.has(*_ENDS_SCOPE)
            or item.has(*_NEGATIONS)
            or item.has(Kind.TIME, Kind.BPM)
            or (last is not None and not (is_connected and item.has(Kind.STOPWORD)))
        ):
            break
        else:
            skipped += 1
            if skipped > MAX_WORDS_BETWEEN:
                break
        place += 1
    return max(place, position + 1)


def _deny(item: Item, negation: Kind, group: int) -> None:
    item.wish = Wish.IGNORED if negation is Kind.LESS else Wish.DENIED
    item.group = group


def _comma_ends(items: list[Item], place: int, negation: Kind, last: Item | None) -> bool:
    """Return whether a comma before an item ends the scope of a negation."""
    if not items[place].follows_comma:
        return False
    if last is None:
        return True
    if items[place].has(*_CONNECTORS):  # "…, or Z"
        return not items[place].has(Kind.OR) and negation is Kind.NO
    closing = _closing_connector(items, place)
    if closing is None or not last.has(*_LISTED):
        return True
    return negation is Kind.NO and not closing.has(Kind.OR)


def _closing_connector(items: list[Item], place: int) -> Item | None:
    """Return the "and" or "or" that closes a list of bare instruments that goes on at a place."""
    while place < len(items) and items[place].has(*_LISTED):
        following = items[place + 1] if place + 1 < len(items) else None
        if following is None or following.ends_sentence:
            return None
        if following.has(*_CONNECTORS):
            after = items[place + 2] if place + 2 < len(items) else None
            return following if after is not None and after.has(*_LISTED) else None
        if not following.follows_comma:
            return None
        place += 1
    return None


def _continues(items: list[Item], place: int, negation: Kind, last: Item) -> bool:
    """Return whether a connector carries a denial on to what follows it."""
    following = items[place + 1] if place + 1 < len(items) else None
    if following is None or following.ends_sentence or following.has(*_NEGATIONS):
        return False
    is_alike = following.is_target and not TARGET_KINDS.isdisjoint(following.senses.keys() & last.senses.keys())
    is_alike = is_alike or (following.has(*_LISTED) and last.has(*_LISTED))
    if items[place].has(Kind.OR):
        return following.is_target or following.has(Kind.STOPWORD)
    if negation is Kind.NO:
        return is_alike
    return is_alike or (following.has(Kind.STOPWORD) and not following.has(Kind.BUT, Kind.WITH))


TARGET_KINDS = frozenset(
    {Kind.INSTRUMENT, Kind.MOOD, Kind.GENRE, Kind.TOPIC, Kind.PACE, Kind.TEXTURE, Kind.VOICE, Kind.SCENE}
)


def _deny_before(items: list[Item], position: int, group: int) -> bool:
    """Deny what stands before a negation that follows it; return whether there is anything."""
    negation = items[position]
    is_attached = negation.languages.isdisjoint(_CJK)
    if is_attached and negation.gap not in ("", "-"):
        return False
    denied = False
    for item in reversed(items[max(0, position - (1 if is_attached else MAX_ITEMS_BACK)) : position]):
        if item.has(Kind.NOT_AFTER) and not item.is_target:
            break
        if item.is_target:
            if item.has(*_DENIED_BEFORE):
                _deny(item, Kind.NO, group)
                denied = True
            if not denied or not _is_joined_before(items, item):
                break
        elif (denied and not item.has(Kind.AND, Kind.OR)) or (
            not denied and (item.has(Kind.BUT, Kind.TIME, Kind.WITH))
        ):
            break
        if item.ends_sentence or (item.follows_comma and not item.has(Kind.AND)):
            break
    return denied


def _is_joined_before(items: list[Item], item: Item) -> bool:
    place = items.index(item)
    return place > 0 and items[place - 1].has(Kind.AND, Kind.OR)
