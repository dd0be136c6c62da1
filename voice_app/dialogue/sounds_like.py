"""How words sound, roughly: what a recogniser wrote down is compared by sound, because it spells as it likes.

"Sel du milieu" is "celle du milieu", "noix attendais" is "non attendez". A word becomes a short key of the sounds that
survive a bad line: accents and mute letters go, letters of one sound become one letter. Two keys are compared by edit
distance (Levenshtein 1966), so one slip in a long wording does not matter and one in a short word does.

The rules are those of each language's spelling, far from complete: they need to bring together what sounds alike and
keep apart what a turn must tell apart, nothing more.
"""

from __future__ import annotations

import re
import unicodedata

_FRENCH = (
    (r"[^a-z]", ""), (r"^h", ""), (r"eaux?|aux?(?=$|s)|au", "o"), (r"ph", "f"), (r"qu", "k"), (r"gn", "n"),
    (r"ouill|oui", "wi"), (r"oi[xs]?", "wa"), (r"ou", "u"), (r"(?:ain|ein|in|un|ym|im)(?![aeiouy])", "1"),
    (r"(?:an|en|am|em)(?![aeiouymn])", "2"), (r"on(?![aeiouyn])|om(?=[bp])", "3"),
    (r"oeu|eu|oe", "e"),
    (r"(?:aient|ais|ait|ai|ay|et|er|ez|ei)(?![aiou])", "e"), (r"c(?=[eiy])|ss|sc(?=[ei])|[zc]h?(?=e)", "s"),
    (r"ch|sh", "S"), (r"[cq]", "k"), (r"ge|j", "J"), (r"x$", ""), (r"x", "ks"), (r"y", "i"), (r"h", ""), (r"z", "s"),
    (r"(?<=.)(?:es|ent|e|s|t|d|p)$", ""), (r"(.)\1+", r"\1"),
)  # fmt: skip
_ENGLISH = (
    (r"[^a-z]", ""), (r"^kn", "n"), (r"^wr", "r"), (r"^wh", "w"), (r"ph", "f"), (r"igh", "i"), (r"gh", ""),
    (r"tch|ch", "C"), (r"sh", "S"), (r"th", "T"), (r"ck|qu|[cq]", "k"), (r"ee|ea|ie|ey", "i"), (r"oo|ou|ow|ew", "u"),
    (r"ai|ay|ei", "e"), (r"oa", "o"), (r"z", "s"), (r"x", "ks"), (r"y$", "i"), (r"(?<=..)e$", ""), (r"(.)\1+", r"\1"),
)  # fmt: skip
_RULES = {
    language: tuple((re.compile(pattern), into) for pattern, into in rules)
    for language, rules in (("fr", _FRENCH), ("en", _ENGLISH))
}


def sound_of(word: str, language: str) -> str:
    """Give the key of a word; empty when nothing of it is sounded. Unknown languages keep their letters."""
    bare = unicodedata.normalize("NFD", word.lower().replace("œ", "oe").replace("æ", "ae"))
    # an accented e is sounded where a bare one may be mute
    sounded = re.sub("e[\u0301\u0300\u0302]", "ei", bare) if language == "fr" else bare
    key = "".join(letter for letter in sounded if not unicodedata.combining(letter))
    for pattern, into in _RULES.get(language, ()):
        key = pattern.sub(into, key)
    return key


def likeness(one: str, other: str) -> float:
    """Give how alike two keys are: 1 the same, 0 nothing in common. Two empty keys are not alike."""
    longest = max(len(one), len(other))
    return 1.0 - distance(one, other) / longest if longest else 0.0


def distance(one: str, other: str) -> int:
    """Give the fewest letters to add, drop or change to make one of the other."""
    row = list(range(len(other) + 1))
    for number, letter in enumerate(one, start=1):
        before, row[0] = row[0], number
        for place, against in enumerate(other, start=1):
            before, row[place] = row[place], min(row[place] + 1, row[place - 1] + 1, before + (letter != against))
    return row[len(other)]
