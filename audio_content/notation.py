"""From written signs to words: addresses, telephone numbers, dates, times, money, units, ranks, numbers.

A chain of small passes, each a pattern and a replacement, in an order that matters: what is longest and most particular
comes first (an address contains dots, a date contains numbers), plain numbers and lone signs come last. What is said
comes from the `Lexicon`; only the notations are here. Two notations differ by language: the thousands and the decimal
mark ("1 234,5" and "1,234.5"), dates in words and the clock.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from audio_content.pronunciation import Lexicon

Pass = Callable[[str, Lexicon], str]

FRENCH_NUMBER = r"(?:\d{1,3}(?: \d{3})+(?! ?\d)|\d+)(?:,\d+)?"
ENGLISH_NUMBER = r"(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?"
_MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_WEB = re.compile(r"(?:https?://|www\.)[\w-]+(?:\.[\w-]+)+(?:/[\w./-]*\w)?/?", re.IGNORECASE)
_PAIRS = re.compile(r"(?<!\d)(?:(\+|00)\d{2}[ .]?)?\d{1,2}(?:[ .-]\d{2}){3,}(?!\d)")
_PHONE = re.compile(r"(?<!\d)0[1-9]\d{8}(?!\d)")
_GROUPS = re.compile(r"(?<!\d)(?<!\d )0 ?\d{2,4}(?: \d{3,4}){1,2}(?!\d)")
_DATE = re.compile(r"(?<![\d/])(\d{1,2})/(\d{1,2})/(\d{4})(?![\d/])")
_ISO_DATE = re.compile(r"(?<!\d)(\d{4})-(\d{2})-(\d{2})(?!\d)")
_SHORT_DATE = re.compile(r"(?<![\d/])(0[1-9]|[12]\d|3[01])/(0[1-9]|1[0-2])(?![\d/])")
_FRENCH_TIME = re.compile(r"(?<![\d,])([01]?\d|2[0-4]) ?h(?: ?([0-5]\d))?(?!\w)")
_CLOCK = re.compile(r"(?<![\d:])([01]?\d|2[0-3]):([0-5]\d)(?![\d:])")
_ENGLISH_TIME = re.compile(r"(?<![\d:])(1[0-2]|0?[1-9])(?:[:.]([0-5]\d))? ?([ap])(?:\.m\.|m\b)", re.IGNORECASE)
_OVER = re.compile(r"(?<![\d/])(\d+) ?/ ?(\d+)(?![\d/])")
_FRENCH_RANK = re.compile(r"(?<!\w)(\d{1,2})(er|ers|re|res|ère|ères|e|es|è|ème|èmes|nd|nde)(?!\w)")
_ENGLISH_RANK = re.compile(r"(?<!\w)(\d{1,2})(st|nd|rd|th)(?!\w)")
_ROMAN_RANK = re.compile(r"(?<!\w)([IVX]+)(er|re|e|ème)(?!\w)")
_ROMAN_NAME = re.compile(r"(?<!\w)([A-ZÀ-Ý][a-zà-ÿ]+) ([IVX]{2,}|V)(?!\w)")
_RANGE = re.compile(r"(?<=\d) ?[-–] ?(?=\d)")
_MINUS = re.compile(r"(?<![\w.,)])[-−](?=\d)")
_FEMININE_RANKS = frozenset({"re", "res", "ère", "ères", "nde"})
_ROMAN = {"I": 1, "V": 5, "X": 10}
_CENTURY = 100
_NOON = 12


def passes(lexicon: Lexicon) -> tuple[Pass, ...]:
    """Give the chain of one language, in order."""
    own_dates: tuple[Pass, ...] = (english_dates,) if lexicon.clock else ()
    return (
        mail_addresses,
        web_addresses,
        short_forms,
        telephone_numbers,
        dates,
        *own_dates,
        english_times if lexicon.clock else french_times,
        money,
        fractions,
        units,
        words,
        ranks,
        roman_numbers,
        ranges,
        numbers,
        signs,
    )


# --- addresses and short forms ----------------------------------------------------------------------------------


def mail_addresses(text: str, lexicon: Lexicon) -> str:
    """Say "marie@exemple.fr" sign by sign."""
    return _MAIL.sub(lambda match: _address(match[0], lexicon), text)


def web_addresses(text: str, lexicon: Lexicon) -> str:
    """Say an address of the web sign by sign: one that starts with https or www, or ends in a known ending."""
    endings = "|".join(map(re.escape, lexicon.address.endings))
    bare = re.compile(rf"(?<![\w@./-])(?:[a-z0-9-]+\.)+(?:{endings})(?![\w-])(?!\.\w)(?:/[\w./-]*\w)?", re.ASCII)
    return bare.sub(lambda match: _address(match[0], lexicon), _WEB.sub(lambda m: _address(m[0], lexicon), text))


def _address(address: str, lexicon: Lexicon) -> str:
    said = lexicon.address
    marks = {"@": said.at, ".": said.dot, "-": said.dash, "_": said.underscore, "/": said.slash, ":": said.colon}
    pieces = re.findall(r"[@._/:+-]|[^@._/:+-]+", address)
    return " ".join(marks.get(piece) or _label(piece, lexicon) for piece in pieces)


def _label(label: str, lexicon: Lexicon) -> str:
    """Give a part of an address: letters one by one when there are only two, a number as a number, else as a word."""
    if label.lower() == "www":
        return lexicon.address.www
    if len(label) <= 2 and label.isalpha():
        return " ".join(lexicon.letters.get(letter, letter) for letter in label.lower())
    return lexicon.words.get(label) or lexicon.signs.get(label) or label


def short_forms(text: str, lexicon: Lexicon) -> str:
    """Say titles before a name, "n°" before a number, and the other short forms."""
    text = _replace(text, lexicon.titles, after=r"(?= ?[A-ZÀ-Ý])")
    text = _replace(text, lexicon.numero, after=r"(?= ?\d)", space=" ")
    return _replace(text, lexicon.short_forms, after="")


def words(text: str, lexicon: Lexicon) -> str:
    """Say the words of the lexicon; the longest written form wins, upper and lower case count."""
    return _replace(text, lexicon.words, after=r"(?!\w)")


def _replace(text: str, said: Mapping[str, str], *, after: str, space: str = "") -> str:
    if not said:
        return text
    either = "|".join(map(re.escape, sorted(said, key=len, reverse=True)))
    return re.sub(rf"(?<!\w)(?:{either}){after}", lambda match: said[match[0]] + space, text)


# --- telephone numbers ------------------------------------------------------------------------------------------


def telephone_numbers(text: str, lexicon: Lexicon) -> str:
    """Say telephone numbers and codes group by group, with a breath after each."""
    text = _PHONE.sub(lambda match: " ".join(re.findall(r"\d\d", match[0])), text)
    text = _PAIRS.sub(lambda match: _grouped(match[0], lexicon), text)
    return _GROUPS.sub(lambda match: _grouped(match[0], lexicon), text)


def _grouped(number: str, lexicon: Lexicon) -> str:
    one_by_one = lexicon.numbers.decimals_one_by_one
    read = lexicon.numbers.digits if one_by_one else lexicon.numbers.group
    plus = f"{lexicon.signs['+']} " if number.startswith("+") else ""
    return plus + ", ".join(read(group) for group in re.findall(r"\d+", number))


# --- dates and times --------------------------------------------------------------------------------------------


def dates(text: str, lexicon: Lexicon) -> str:
    """Say dates in figures: day/month/year, year-month-day, day/month when a zero shows that it is a date."""
    text = _DATE.sub(lambda m: _date(m[0], int(m[1]), int(m[2]), int(m[3]), lexicon), text)
    text = _ISO_DATE.sub(lambda m: _date(m[0], int(m[3]), int(m[2]), int(m[1]), lexicon), text)
    return _SHORT_DATE.sub(
        lambda m: _date(m[0], int(m[1]), int(m[2]), None, lexicon) if "0" in (m[1][0], m[2][0]) else m[0], text
    )


def _date(written: str, day: int, month: int, year: int | None, lexicon: Lexicon) -> str:
    if not (1 <= day <= 31 and 1 <= month <= len(lexicon.months)):
        return written
    name = lexicon.months[month - 1]
    if lexicon.clock:
        said = f"{lexicon.clock['the']} {lexicon.numbers.ordinal(day)} {lexicon.clock['of']} {name}"
        return said if year is None else f"{said} {_english_year(year, lexicon)}"
    said = f"{lexicon.numbers.ordinal(1) if day == 1 else lexicon.numbers.cardinal(day)} {name}"
    return said if year is None else f"{said} {lexicon.numbers.cardinal(year)}"


def english_dates(text: str, lexicon: Lexicon) -> str:
    """Say "12 May 2024" as "the twelfth of May twenty twenty-four"."""
    months = {name: number for number, name in enumerate(lexicon.months, start=1)}
    written = re.compile(
        rf"(?<!\w)(?:the )?(\d{{1,2}})(?:st|nd|rd|th)? (?:of )?({'|'.join(months)})(?:,? (\d{{4}}))?(?!\w)"
    )
    return written.sub(
        lambda m: _date(m[0], int(m[1]), months[m[2]], int(m[3]) if m[3] else None, lexicon),
        text,
    )


def _english_year(year: int, lexicon: Lexicon) -> str:
    century, rest = divmod(year, _CENTURY)
    cardinal = lexicon.numbers.cardinal
    if not 11 <= century <= 99 or (century == 20 and rest < 10):
        return cardinal(year)
    if rest == 0:
        return f"{cardinal(century)} {lexicon.numbers.hundred}"
    return f"{cardinal(century)} {lexicon.clock['zero'] + ' ' if rest < 10 else ''}{cardinal(rest)}"


def french_times(text: str, lexicon: Lexicon) -> str:
    """Say "21 h 30" and "21:30" as "vingt et une heures trente"."""

    def said(match: re.Match[str]) -> str:
        hours, minutes = int(match[1]), int(match[2] or 0)
        words = f"{lexicon.numbers.cardinal(hours, feminine=True)} {lexicon.hour[hours > 1]}"
        return f"{words} {lexicon.numbers.cardinal(minutes, feminine=True)}" if minutes else words

    return _CLOCK.sub(said, _FRENCH_TIME.sub(said, text))


def english_times(text: str, lexicon: Lexicon) -> str:
    """Say "9.30 am", "21:30" and "9:05" as on a twelve-hour clock."""

    def said(hours: int, minutes: int, half: str | None) -> str:
        hour = lexicon.numbers.cardinal(hours)
        if minutes:
            zero = f"{lexicon.clock['zero']} " if minutes < 10 else ""
            hour = f"{hour} {zero}{lexicon.numbers.cardinal(minutes)}"
        elif half is None:
            hour = f"{hour} {lexicon.hour[0]}"
        return f"{hour} {lexicon.clock[half]}" if half else hour

    def twenty_four(match: re.Match[str]) -> str:
        hours, minutes = int(match[1]), int(match[2])
        half = "pm" if hours > _NOON else "am" if hours == 0 else None
        return said(hours % _NOON or _NOON, minutes, half)

    text = _ENGLISH_TIME.sub(lambda m: said(int(m[1]), int(m[2] or 0), f"{m[3].lower()}m"), text)
    return _CLOCK.sub(twenty_four, text)


# --- quantities -------------------------------------------------------------------------------------------------


def _number(lexicon: Lexicon) -> str:
    return ENGLISH_NUMBER if lexicon.numbers.decimals_one_by_one else FRENCH_NUMBER


def _parts(written: str, lexicon: Lexicon) -> tuple[int, str]:
    """Give the whole part and the digits of the decimals."""
    mark = "." if lexicon.numbers.decimals_one_by_one else ","
    whole, _, decimals = written.partition(mark)
    return int(re.sub(r"\D", "", whole)), decimals


def money(text: str, lexicon: Lexicon) -> str:
    """Say "5,50 €" as "cinq euros cinquante"; the sign may also stand before the number."""
    sign = "|".join(map(re.escape, lexicon.currencies))
    number = _number(lexicon)

    def said(written: str, currency: str) -> str:
        whole, decimals = _parts(written, lexicon)
        one, several, hundredth, hundredths = lexicon.currencies[currency]
        hundred = int(decimals.ljust(2, "0")[:2]) if decimals else 0
        cardinal = lexicon.numbers.cardinal
        if whole == 0 and hundred:
            return f"{cardinal(hundred)} {hundredths if hundred > 1 else hundredth}"
        amount = cardinal(whole, feminine=one in lexicon.feminine)
        unit = several if _is_plural(whole, decimals, lexicon) else one
        return f"{amount} {unit} {cardinal(hundred)}" if hundred else f"{amount} {unit}"

    text = re.sub(rf"(?<!\w)({sign}) ?({number})(?![\d%])", lambda m: said(m[2], m[1]), text)
    return re.sub(rf"(?<![\w.,])({number}) ?({sign})(?!\w)", lambda m: said(m[1], m[2]), text)


def _is_plural(whole: int, decimals: str, lexicon: Lexicon) -> bool:
    """French counts as one below two, English only one itself."""
    if lexicon.numbers.decimals_one_by_one:
        return whole != 1 or bool(decimals)
    return whole >= 2


def fractions(text: str, lexicon: Lexicon) -> str:
    """Say "1/2" by its name, other fractions as "over"."""
    for written, said in lexicon.fractions.items():
        text = re.sub(rf"(?<![\d/]){re.escape(written)}(?![\d/])", said, text)
    text = _OVER.sub(lambda m: f"{m[1]} {lexicon.over} {m[2]}", text)
    return re.sub(r" ?/ ?(?=\d)", f" {lexicon.over} ", text)


def units(text: str, lexicon: Lexicon) -> str:
    """Say a unit after its number."""
    unit = "|".join(map(re.escape, sorted(lexicon.units, key=len, reverse=True)))

    def said(match: re.Match[str]) -> str:
        whole, decimals = _parts(match[1], lexicon)
        one, several = lexicon.units[match[2]]
        name = several if _is_plural(whole, decimals, lexicon) else one
        return f"{_quantity(match[1], lexicon, feminine=one.split()[0] in lexicon.feminine)} {name}"

    return re.sub(rf"(?<![\w.,])({_number(lexicon)}) ?({unit})(?!\w)", said, _MINUS.sub(f"{lexicon.minus} ", text))


def numbers(text: str, lexicon: Lexicon) -> str:
    """Say what is left of numbers, "une" before a feminine noun; a code (leading zero, too long) digit by digit."""

    def said(match: re.Match[str]) -> str:
        noun = match[2]
        feminine = bool(noun) and (noun in lexicon.feminine or noun.removesuffix("s") in lexicon.feminine)
        return f" {_quantity(match[1], lexicon, feminine=feminine)} "

    return re.sub(rf"({_number(lexicon)})(?= ?(\w+)?)", said, text)


def _quantity(written: str, lexicon: Lexicon, *, feminine: bool) -> str:
    whole, decimals = _parts(written, lexicon)
    digits = re.sub(r"\D", "", written)
    is_code = not decimals and (len(digits) > 9 or (len(digits) > 1 and digits.startswith("0")))
    if is_code:
        return lexicon.numbers.digits(digits)
    if decimals:
        return lexicon.numbers.decimal_fraction(whole, decimals)
    return lexicon.numbers.cardinal(whole, feminine=feminine)


def ranks(text: str, lexicon: Lexicon) -> str:
    """Say "1er", "2e", "3rd"."""
    written = _ENGLISH_RANK if lexicon.clock else _FRENCH_RANK
    return written.sub(lambda m: lexicon.numbers.ordinal(int(m[1]), feminine=m[2] in _FEMININE_RANKS), text)


def roman_numbers(text: str, lexicon: Lexicon) -> str:
    """Say a Roman number with a rank mark ("XXIe") or after a name ("Louis XIV", "Henry VIII")."""
    ordinal, cardinal = lexicon.numbers.ordinal, lexicon.numbers.cardinal
    if not lexicon.clock:
        text = _ROMAN_RANK.sub(lambda m: ordinal(_roman(m[1])), text)
        return _ROMAN_NAME.sub(lambda m: f"{m[1]} {cardinal(_roman(m[2]))}", text)
    return _ROMAN_NAME.sub(lambda m: f"{m[1]} {lexicon.clock['the']} {ordinal(_roman(m[2]))}", text)


def _roman(written: str) -> int:
    values = [_ROMAN[letter] for letter in written]
    following = [*values[1:], 0]
    return sum(-value if value < after else value for value, after in zip(values, following, strict=True))


def ranges(text: str, lexicon: Lexicon) -> str:
    """Say the dash between two numbers."""
    return _RANGE.sub(f" {lexicon.to} ", text)


def signs(text: str, lexicon: Lexicon) -> str:
    """Say the signs that stand alone."""
    return "".join(f" {lexicon.signs[character]} " if character in lexicon.signs else character for character in text)
