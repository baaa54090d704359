"""Why a pair is a match, in plain words and short enough for a telephone: what the command line and the web both show.

A line is a paragraph; on a screen of 360 pixels, about 40 characters wide, all of them together take at most `ROWS_MAX` rows.
"""

from textwrap import wrap

from samspil.domain.innovation import MEANINGS, Innovation
from samspil.domain.languages import language_fit, language_name
from samspil.ports import NoTeams
from samspil.reference import cpv
from samspil_schemas import Evidence, LanguageFit, Match, RegionFit, TermPair

WIDTH = 40
ROWS_MAX = 20
LENGTH_MAX = WIDTH * ROWS_MAX  # characters
# Rows of each kind of line; with the score, the place and the points they make ROWS_MAX.
_QUOTE_ROWS, _SECOND_ROWS, _WORDS_ROWS, _MISSING_ROWS, _CODE_ROWS, _FIT_ROWS, _POINTS_ROWS = 3, 2, 2, 3, 2, 2, 3
_POINT_NAMES = {"base": "start", "cpv": "codes", "across": "other language", "uncoded": "no codes", "generality": "general"}
_PERCENT = 100
# Times the odds of the threshold. On the sample four of five matches are right from the one, and nineteen of twenty from the
# other (docs/scorer.md, where the score is low because one supplier wins what several could do).
_GOOD, _STRONG = 2, 4
_UNSTATED = 0.1  # the threshold of a match that names none
_LIKELY, _PERHAPS = 0.8, 0.5
_NO_TEAMS = {
    NoTeams.UNKNOWN_SPACE: (
        "No teams are suggested: what counts as an answer was never fitted for the vectors of this model. Compare the matches."
    ),
    NoTeams.NOTHING_ASKED: "The text asks for nothing that could be shared out. Say in sentences what is to be achieved.",
    NoTeams.NOBODY_ANSWERS: "No supplier that matches answers any of its wishes. Say more of what is to be achieved.",
    NoTeams.ONE_COVERS_ALL: "No team is needed: one supplier seems to answer all of it alone. See the matches.",
    NoTeams.NOBODY_ADDS: "No two or three suppliers answer more than the best of them alone. See what the matches leave open.",
}


def in_words(match: Match, *, language: str = "en") -> tuple[str, ...]:
    """The reasons of a match, one line each: at most `ROWS_MAX` rows of `WIDTH` characters in all.

    Args:
        match: what is explained.
        language: of the labels of CPV. What buyer and supplier wrote stays in their own languages.
    """
    first, second = match.evidence[:1], match.evidence[1:2] if not match.missing else ()
    lines = [
        _fitting(told_score(match), rows=1),
        *(line for pair in first for line in _pair(pair, rows=_QUOTE_ROWS)),
        *(line for pair in second if pair.strength >= _PERHAPS for line in _pair(pair, rows=_SECOND_ROWS)),
        _words(match.evidence),
        _missing(match.missing),
        _code(match, language=language),
        _fitting(f"{_place(match)} {_speaks(match)}".strip(), rows=_FIT_ROWS),
        _points(match),
    ]
    return tuple(line for line in lines if line)


def told_score(match: Match) -> str:
    """The probability as people read it, and how far it is above what is told at all: 7 of 100, good."""
    times = _odds(match.score) / _odds(match.threshold or _UNSTATED)
    return f"{of_hundred(match.score)}, {'strong' if times >= _STRONG else 'good' if times >= _GOOD else 'worth a look'}"


def _odds(probability: float) -> float:
    return probability / max(1 - probability, 1e-6)


def of_hundred(score: float) -> str:
    """A probability as a whole number of a hundred; what is not quite none or all is said so."""
    many = round(score * _PERCENT)
    if many == 0 and score > 0:
        return "<1 of 100"
    if many == _PERCENT and score < 1:
        return ">99 of 100"
    return f"{many} of 100"


def told_innovation(inferred: Innovation) -> str:
    """How likely a need calls for what is not on the shelf; always with the word that it is inferred."""
    why = "; ".join(MEANINGS[sign] for sign in inferred.signs) or "nothing in it points to that"
    return f"Calls for something new: {of_hundred(inferred.likelihood)} (inferred, not stated by the buyer: {why})."


def told_no_teams(why: NoTeams) -> str:
    """Why no teams are suggested, and what to do."""
    return _NO_TEAMS[why]


def _pair(evidence: Evidence, *, rows: int) -> list[str]:
    answers = "Likely answer" if evidence.strength >= _LIKELY else "Perhaps" if evidence.strength >= _PERHAPS else "Nearest"
    return [
        _fitting(f"Asked: “{evidence.need_sentence}”", rows=rows, end="…”"),
        _fitting(f"{answers}: “{evidence.answer}”", rows=rows, end="…”"),
    ]


def _words(evidence: tuple[Evidence, ...]) -> str:
    same = [word for pair in evidence for word in pair.shared_terms]
    alike = [_told_pair(terms) for pair in evidence for terms in pair.term_pairs]
    found = ", ".join(dict.fromkeys([*alike, *same]))
    return _fitting(f"Same words: {found}", rows=_WORDS_ROWS) if found else ""


def _told_pair(terms: TermPair) -> str:
    return terms.need if terms.need.casefold() == terms.answer.casefold() else f"{terms.need} = {terms.answer}"


def _missing(missing: tuple[str, ...]) -> str:
    if not missing:
        return ""
    more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
    return _fitting(f"Seems unanswered{more}: “{missing[0]}”", rows=_MISSING_ROWS, end="…”")


def _code(match: Match, *, language: str) -> str:
    """The shared path of CPV, the deepest code first: what is cut off says least."""
    labels = [cpv.label(code, language) or code for code in reversed(match.cpv_path)]
    return _fitting(f"Both: {' ‹ '.join(labels)}", rows=_CODE_ROWS) if labels else ""


def _place(match: Match) -> str:
    return "Region served." if match.region is RegionFit.SERVED else "Region not stated."


def _speaks(match: Match) -> str:
    if match.language is None or not match.evidence:
        return ""
    wanted = match.evidence[0].need_language
    if match.language is LanguageFit.SPOKEN:
        return f"Reads {language_name(wanted)}."
    # The language that makes it near, else the profile's first.
    theirs = min(match.languages, key=lambda code: language_fit(wanted, [code]) is not match.language, default=None)
    read = language_name(theirs) if theirs else "another language"
    return f"The need is in {language_name(wanted)}, they read {read}{': near' if match.language is LanguageFit.NEAR else ''}."


def _points(match: Match) -> str:
    parts = ", ".join(f"{_POINT_NAMES.get(name, name)} {value:+.1f}" for name, value in match.signals.items())
    return _fitting(f"Points: {parts}", rows=_POINTS_ROWS) if parts else ""


def _fitting(text: str, *, rows: int, end: str = "…") -> str:
    """The text, cut at a word so that it takes at most so many rows."""
    return " ".join(wrap(" ".join(text.split()), WIDTH, max_lines=rows, placeholder=end, break_on_hyphens=False))
