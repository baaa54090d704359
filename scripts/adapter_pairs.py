"""The pairs that the adapter learns from: a need and what answers it, in batches of one kind.

Nothing is drawn from a CPV code that is kept aside, from a notice or an award that is for the scorer (scripts/splits.py), from a
procurement after the cut of the evaluation sets, or from a notice that is a question in one of them.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from random import Random
from typing import Any, TypeVar

from samspil.reference import cpv
from scripts.adapter_parallel import Activity, Description, read_activities, read_descriptions
from scripts.splits import ADAPTER_CUTS, is_for_scorer, is_kept_aside

T = TypeVar("T")
LANGUAGES = tuple(sorted(cpv.LANGUAGES))
# The languages of the countries that Samspil serves first are drawn more often.
_FIRST = {"sv", "da", "no", "fi", "de", "en"}
_OF_ACTIVITIES = tuple(sorted({*LANGUAGES, "no"} - {"ga", "hr"}))
_ENOUGH = 100  # descriptions in the same two languages, for a batch of them
_LONG = {
    "notices of one code",
    "title to description",
    "awards en",
    "norwegian",
    "descriptions",
}  # half as many pairs, each twice as long
_TOLD = 40  # characters, below which a description says nothing
_HARD = 4  # neighbours in the vocabulary that are drawn together: each is a near miss of the others


@dataclass(frozen=True, kw_only=True)
class Pair:
    """A need, its answer, and what tells which other answers in the batch may be right as well.

    Attributes:
        query: what is asked.
        passage: what answers it.
        codes: the CPV codes of either side; codes above or below one another are no wrong answers.
        owner: the supplier whose contracts they are, if any.
    """

    query: str
    passage: str
    codes: tuple[str, ...] = ()
    owner: str = ""


@dataclass(frozen=True, kw_only=True)
class Notice:
    """A notice or an award that may be learnt from; `code` is empty where it is unknown or kept aside."""

    title: str
    description: str
    language: str
    buyer: str
    code: str
    suppliers: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """All that it says."""
        return f"{self.title}. {self.description}" if self.description else self.title


@dataclass(frozen=True, kw_only=True)
class Mixture:
    """What a stage of the training draws from.

    Attributes:
        shares: how often each kind of batch is drawn.
        framed: how often a label is asked for and offered in a sentence.
        spread: how often a batch has no neighbours that were drawn together.
        excerpts: how often a part of a notice's description stands for the notice.
    """

    shares: Mapping[str, float]
    framed: float = 0.0
    spread: float = 0.0
    excerpts: float = 0.0


MIXTURES = {
    "whole": Mixture(
        shares={
            "labels": 0.30,
            "notice to label": 0.20,
            "descriptions": 0.14,
            "activities": 0.10,
            "notices of one code": 0.09,
            "title to description": 0.07,
            "awards sv": 0.05,
            "norwegian": 0.03,
            "awards en": 0.02,
        },
        framed=0.5,
        spread=0.4,
        excerpts=0.4,
    ),
}

# How a body says what it needs and a supplier what it does: a right answer must be found by its matter, not by its form.
_ASKS = {
    "sv": (
        "Kommunen söker {}.",
        "Vi behöver hjälp med {}.",
        "Hur kan vi få bättre {}?",
        "I dag fungerar {} inte som vi vill.",
        "Vi vill pröva nya sätt att ordna {}.",
        "Vår region saknar en lösning för {}.",
    ),
    "da": (
        "Kommunen søger {}.",
        "Vi har brug for hjælp til {}.",
        "Hvordan kan vi få bedre {}?",
        "I dag fungerer {} ikke, som vi ønsker.",
        "Vi vil afprøve nye måder at løse {} på.",
        "Regionen mangler en løsning til {}.",
    ),
    "de": (
        "Die Stadt sucht {}.",
        "Wir brauchen Unterstützung bei: {}.",
        "Wie bekommen wir bessere {}?",
        "Bisher läuft es nicht gut mit: {}.",
        "Wir möchten neue Wege erproben für: {}.",
        "Unserem Krankenhaus fehlt eine Lösung für: {}.",
    ),
    "en": (
        "The council is looking for {}.",
        "We need help with {}.",
        "How can we get better {}?",
        "Today {} does not work as we would like.",
        "We want to try new ways of arranging {}.",
        "Our hospital lacks a solution for {}.",
    ),
    "fi": (
        "Kaupunki etsii: {}.",
        "Tarvitsemme apua: {}.",
        "Miten saamme paremmin: {}?",
        "Nykyinen ratkaisu ei toimi: {}.",
        "Haluamme kokeilla uusia tapoja: {}.",
        "Sairaalastamme puuttuu: {}.",
    ),
    "fr": ("La commune recherche : {}.", "Nous avons besoin de : {}.", "Comment améliorer : {} ?"),
    "nl": ("De gemeente zoekt {}.", "Wij hebben hulp nodig bij {}.", "Hoe krijgen we betere {}?"),
    "es": ("El municipio busca: {}.", "Necesitamos: {}.", "¿Cómo mejorar: {}?"),
    "it": ("Il comune cerca: {}.", "Abbiamo bisogno di: {}.", "Come migliorare: {}?"),
    "pl": ("Gmina poszukuje: {}.", "Potrzebujemy: {}.", "Jak ulepszyć: {}?"),
    "no": (
        "Kommunen søker {}.",
        "Vi trenger hjelp med {}.",
        "Hvordan kan vi få bedre {}?",
        "I dag fungerer {} ikke slik vi ønsker.",
        "Vi vil prøve ut nye måter å løse {} på.",
    ),
}
_OFFERS = {
    "sv": (
        "Vi levererar {} till kommuner och regioner.",
        "Företaget arbetar med {}.",
        "{} för offentlig sektor.",
        "Vi utvecklar nya lösningar för {}.",
        "Vi är specialister på {}.",
    ),
    "da": (
        "Vi leverer {} til kommuner og regioner.",
        "Virksomheden arbejder med {}.",
        "{} til det offentlige.",
        "Vi udvikler nye løsninger til {}.",
        "Vi er specialister i {}.",
    ),
    "de": (
        "Wir liefern {} an Städte und Gemeinden.",
        "Das Unternehmen bietet: {}.",
        "{} für die öffentliche Hand.",
        "Wir entwickeln neue Lösungen für: {}.",
        "Wir sind spezialisiert auf: {}.",
    ),
    "en": (
        "We supply {} to councils and hospitals.",
        "The company works with {}.",
        "{} for the public sector.",
        "We develop new solutions for {}.",
        "We are specialists in {}.",
    ),
    "fi": (
        "Toimitamme kunnille: {}.",
        "Yrityksen ala: {}.",
        "{} julkiselle sektorille.",
        "Kehitämme uusia ratkaisuja: {}.",
        "Erikoisalamme: {}.",
    ),
    "fr": ("Nous fournissons aux communes : {}.", "L'entreprise propose : {}.", "{} pour le secteur public."),
    "nl": ("Wij leveren {} aan gemeenten.", "Het bedrijf werkt met {}.", "{} voor de overheid."),
    "es": ("Suministramos a los municipios: {}.", "La empresa ofrece: {}.", "{} para el sector público."),
    "it": ("Forniamo ai comuni: {}.", "L'azienda offre: {}.", "{} per il settore pubblico."),
    "pl": ("Dostarczamy gminom: {}.", "Firma oferuje: {}.", "{} dla sektora publicznego."),
    "no": (
        "Vi leverer {} til kommuner og sykehus.",
        "Bedriften arbeider med {}.",
        "{} for offentlig sektor.",
        "Vi utvikler nye løsninger for {}.",
    ),
}


def related(one: Sequence[str], other: Sequence[str]) -> bool:
    """True if a code of one side is the same as, above or below one of the other."""
    return any(a.startswith(b) or b.startswith(a) for a in one for b in other)


def branch(code: str) -> str:
    """The digits that say something: a code without the zeros at its end, two at least."""
    return code[:2] + code[2:].rstrip("0")


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as file:
        yield from map(json.loads, file)


def _questions(data: Path) -> tuple[set[str], set[str]]:
    """The ids of the notices that the evaluation sets ask about, and their titles."""
    rows = [row for path in sorted(data.glob("A-dev/*/queries.jsonl")) for row in _rows(path)]
    return {row["source_id"] for row in rows}, {row["title"].casefold() for row in rows}


def _notice(row: dict[str, Any]) -> Notice:
    title, text = row["title"].strip(), (row["text"] or "").strip()
    code = row.get("cpv") or ""
    if isinstance(code, list):
        code = code[0]
    return Notice(
        title=title,
        description=text.removeprefix(row["title"]).lstrip(". ").strip(),
        language={"NOB": "no", "NOR": "no", "ENG": "en"}.get(row["lang"], row["lang"]),
        buyer=row.get("buyer") or "",
        code=code if cpv.exists(code) and not is_kept_aside(code) else "",
        suppliers=tuple(name if isinstance(name, str) else name["name"] for name in row.get("suppliers") or ()),
    )


def _allowed(row: dict[str, Any], ids: set[str], titles: set[str], *, dated: bool) -> bool:
    cut = ADAPTER_CUTS.get(row.get("country") or "")
    late = dated and cut is not None and row["date"] >= cut
    return bool(row["title"]) and not late and row.get("id") not in ids and row["title"].casefold() not in titles


def read_notices(data: Path) -> dict[str, list[Notice]]:
    """By source, the notices that may be learnt from.

    Raises:
        FileNotFoundError: the folder holds no data.
    """
    ids, titles = _questions(data)
    files = {
        "ted": ("notices_ted_dev.jsonl", True),
        "doffin": ("notices_no_doffin2020_dev.jsonl", True),
        "eforms": ("notices_no_doffin_eforms_2022_2024.jsonl", True),
        "open": ("notices_en_uk_open_2025.jsonl", False),  # open calls of another portal and year; no winners in them
        "sv": ("procurements_sv_uhm_dev.jsonl", True),
        "uk": ("awards_en_uk_dev.jsonl", True),
    }
    found = {
        name: [_notice(row) for row in _rows(data / file) if _allowed(row, ids, titles, dated=dated)]
        for name, (file, dated) in files.items()
    }
    for name in ("ted", "doffin"):
        found[name] = [notice for notice in found[name] if not is_for_scorer(notice.code)]
    return found


@dataclass(frozen=True, kw_only=True)
class Parallel:
    """Texts that say the same in several languages; either list may be empty."""

    activities: Sequence[Activity] = ()
    descriptions: Sequence[Description] = ()


def read_parallel(*, activities: Path | None, descriptions: Path | None) -> Parallel:
    """What stands in the folders that are given.

    Raises:
        FileNotFoundError: a folder holds nothing of its kind.
    """
    return Parallel(
        activities=read_activities(activities) if activities else (),
        descriptions=read_descriptions(descriptions) if descriptions else (),
    )


class PairSource:
    """Draws batches of pairs; the same seed gives the same ones."""

    def __init__(self, data: Path, *, seed: int, mixture: Mixture, parallel: Parallel) -> None:
        self._random = Random(seed)  # noqa: S311 — draws, no secrets
        self._mixture = mixture
        self._divisions_of_activity = _by(parallel.activities, lambda activity: activity.digits[:2])
        self._described = {
            pair: found
            for pair in combinations(sorted({language for one in parallel.descriptions for language in one.told}), 2)
            if len(found := [one for one in parallel.descriptions if one.told.keys() >= set(pair)]) > _ENOUGH
        }
        self._shares = {
            name: share
            for name, share in mixture.shares.items()
            if (name != "activities" or parallel.activities) and (name != "descriptions" or self._described)
        }
        sources = read_notices(data)
        self._codes = [code for code in cpv.codes() if not is_kept_aside(code)]
        self._groups = _by(self._codes, lambda code: code[:3])
        self._families = _by(self._codes, lambda code: code[:4])
        notices = [notice for name in ("ted", "doffin", "eforms", "open") for notice in sources[name]]
        coded = [notice for notice in [*notices, *sources["sv"]] if notice.code]
        self._divisions = _by([notice for notice in coded if notice.language != "sv"], lambda notice: notice.code[:2])
        self._swedish = _by([notice for notice in coded if notice.language == "sv"], lambda notice: notice.code[:2])
        self._alike = {key: found for key, found in _by(coded, lambda notice: notice.code[:5]).items() if len(found) > 1}
        self._told = [notice for notice in [*notices, *sources["uk"]] if len(notice.description) > _TOLD]
        self._norwegian = {
            key: found
            for key, found in _by([n for n in coded if n.language == "no"], lambda notice: notice.code[:4]).items()
            if len(found) > 1
        }
        self._won = {language: _portfolios(sources[name]) for language, name in (("sv", "sv"), ("en", "uk"))}
        self._classes = {
            key: found
            for key, found in _by([n for n in sources["sv"] if n.code], lambda notice: notice.code[:5]).items()
            if len(found) > 1
        }
        self.counts = {name: len(found) for name, found in sources.items()} | {
            "codes": len(self._codes),
            "activities": len(parallel.activities),
            "descriptions": len(parallel.descriptions),
            "suppliers with several contracts (sv)": len(self._won["sv"]),
            "suppliers with several contracts (en)": len(self._won["en"]),
        }

    @property
    def kinds(self) -> dict[str, Callable[[int], list[Pair]]]:
        """By name, what draws a batch of a kind."""
        return {
            "labels": self.labels,
            "activities": self.activities,
            "descriptions": self.descriptions,
            "notice to label": self.notices_to_labels,
            "notices of one code": self.notices_of_one_code,
            "title to description": self.titles_to_descriptions,
            "awards sv": self.swedish_awards,
            "awards en": self.english_awards,
            "norwegian": self.norwegian,
        }

    def draw(self, size: int) -> tuple[str, list[Pair]]:
        """The kind of the next batch, and its pairs, about `size` of them."""
        (name,) = self._random.choices(list(self._shares), weights=list(self._shares.values()))
        return name, self.kinds[name](size // 2 if name in _LONG else size)

    def labels(self, size: int) -> list[Pair]:
        """A label in one language → the same in another one, or a profile that speaks of it among its neighbours."""
        languages = self._languages()
        pairs = []
        for code in self._clustered(self._groups, size):
            asked, answered = self._random.sample(languages, 2)
            query = self._in_a_sentence(cpv.label(code, asked) or "", _ASKS.get(asked))
            passage = self._in_a_sentence(self._profile(code, answered), _OFFERS.get(answered))
            pairs.append(Pair(query=query, passage=passage, codes=(branch(code),)))
        return pairs

    def activities(self, size: int) -> list[Pair]:
        """What a business does, in one language → the same in another one."""
        languages = self._languages(_OF_ACTIVITIES)
        pairs = []
        for activity in self._clustered(self._divisions_of_activity, size):
            asked, answered = self._random.sample(languages, 2)
            query = self._in_a_sentence(activity.names[asked], _ASKS.get(asked))
            passage = self._in_a_sentence(activity.names[answered], _OFFERS.get(answered))
            pairs.append(Pair(query=query, passage=passage, codes=(f"NACE {activity.digits}",)))
        return pairs

    def descriptions(self, size: int) -> list[Pair]:
        """What a program does, in one language → the same in another one; a line may be answered by a paragraph."""
        keys = list(self._described)
        (pair,) = self._random.choices(keys, weights=[len(self._described[key]) ** 0.5 for key in keys])
        pairs = []
        for one in self._random.sample(self._described[pair], min(size, len(self._described[pair]))):
            asked, answered = self._random.sample(pair, 2)
            query, passage = (self._line_or_more(*one.told[language]) for language in (asked, answered))
            pairs.append(Pair(query=query, passage=passage))
        return pairs

    def notices_to_labels(self, size: int) -> list[Pair]:
        """A notice's title or text → the label of its code in any language, or the other way round."""
        languages = self._languages()
        swedish = self._random.random() < 0.3  # noqa: PLR2004 — Swedish titles are many and short
        pairs = []
        for notice in self._clustered(self._swedish if swedish else self._divisions, size):
            text = self._title_or_text(notice)
            answer = self._profile(notice.code, self._random.choice(languages))
            asked, answered = (text, answer) if self._random.random() < 0.7 else (answer, text)  # noqa: PLR2004 — how often
            pairs.append(Pair(query=asked, passage=answered, codes=(branch(notice.code),)))
        return pairs

    def notices_of_one_code(self, size: int) -> list[Pair]:
        """A notice → another buyer's with the same category of code, in another language where there is one."""
        pairs = []
        keys = list(self._alike)
        weights = [len(self._alike[key]) ** 0.5 for key in keys]
        for key in self._random.choices(keys, weights=weights, k=size):
            one, *others = self._random.sample(self._alike[key], len(self._alike[key]))
            foreign = [other for other in others if other.language != one.language]
            other = (foreign or others)[0]
            if one.title != other.title:
                pairs.append(
                    Pair(query=self._title_or_text(one), passage=other.text, codes=(branch(one.code), branch(other.code)))
                )
        return pairs

    def titles_to_descriptions(self, size: int) -> list[Pair]:
        """A notice's title → its description, or the other way round."""
        pairs = []
        for notice in self._random.sample(self._told, min(size, len(self._told))):
            sides = [notice.title, notice.description]
            if self._random.random() < 0.3:  # noqa: PLR2004 — how often
                sides.reverse()
            codes = (branch(notice.code),) if len(notice.code.rstrip("0")) > 4 else ()  # noqa: PLR2004 — finer than a class
            pairs.append(Pair(query=sides[0], passage=sides[1], codes=codes))
        return pairs

    def swedish_awards(self, size: int) -> list[Pair]:
        """A Swedish title → other contracts that its winner had, or that others of the same category had."""
        real = self._awards("sv", size * 2 // 3, lambda titles: f"Tidigare uppdrag: {titles}")
        pairs = [*real]
        keys = list(self._classes)
        for key in self._random.choices(keys, weights=[len(self._classes[key]) ** 0.5 for key in keys], k=size - len(real)):
            one, *others = self._random.sample(self._classes[key], min(4, len(self._classes[key])))
            told = [other.title for other in others if other.title != one.title]
            if told:
                codes = (branch(key.ljust(8, "0")),)
                pairs.append(Pair(query=one.title, passage=f"Tidigare uppdrag: {'. '.join(told)}.", codes=codes))
        return pairs

    def english_awards(self, size: int) -> list[Pair]:
        """The same in English; few suppliers there won twice, so half of the batch are titles and descriptions."""
        real = self._awards("en", size // 2, lambda titles: f"Earlier contracts: {titles}")
        english = [notice for notice in self._told if notice.language == "en"]
        told = self._random.sample(english, min(size - len(real), len(english)))
        return [
            *real,
            *(Pair(query=notice.title, passage=f"Earlier contracts: {notice.description}") for notice in told),
        ]

    def norwegian(self, size: int) -> list[Pair]:
        """A Norwegian notice → another one of the same class of code, or its own description."""
        pairs = []
        for found in self._random.choices(list(self._norwegian.values()), k=size):
            one, other = self._random.sample(found, 2)
            if one.title != other.title:
                pairs.append(
                    Pair(query=self._title_or_text(one), passage=other.text, codes=(branch(one.code), branch(other.code)))
                )
        return pairs

    def _awards(self, language: str, size: int, form: Callable[[str], str]) -> list[Pair]:
        won = self._won[language]
        pairs = []
        for supplier in self._random.sample(sorted(won), min(size, len(won))):
            one, *others = self._random.sample(won[supplier], min(6, len(won[supplier])))
            told = [other.text if language == "en" else other.title for other in others if other.title != one.title]
            if told:
                codes = tuple(branch(notice.code) for notice in (one, *others) if notice.code)
                passage = form(". ".join(told) + ".")
                if language == "sv" and one.code and self._random.random() < 0.3:  # noqa: PLR2004 — how often
                    passage = f"Bransch: {cpv.label(one.code, 'sv')}. {passage}"
                pairs.append(Pair(query=self._title_or_text(one), passage=passage, codes=codes, owner=supplier))
        return pairs

    def _line_or_more(self, line: str, paragraph: str) -> str:
        return paragraph if len(paragraph) > _TOLD and self._random.random() < 0.5 else line  # noqa: PLR2004 — how often

    def _languages(self, known: Sequence[str] = LANGUAGES) -> list[str]:
        """The few languages of a batch: the fewer, the more wrong answers stand in the question's own."""
        wanted = self._random.choice((2, 3, 4, 6, 10))
        weights = [3 if language in _FIRST else 1 for language in known]
        found: list[str] = []
        while len(found) < wanted:
            (language,) = self._random.choices(known, weights=weights)
            if language not in found:
                found.append(language)
        return found

    def _in_a_sentence(self, label: str, frames: Sequence[str] | None) -> str:
        """The label as it is, or as a body or a supplier might say it."""
        if not self._mixture.framed or not frames or self._random.random() >= self._mixture.framed:
            return label
        frame = self._random.choice(frames).format(label.rstrip("."))
        return frame[0].upper() + frame[1:]

    def _clustered(self, groups: dict[str, list[T]], size: int) -> list[T]:
        """Different members of groups that are drawn by their size, a few neighbours of each."""
        drawn: dict[int, T] = {}
        spread = bool(self._mixture.spread) and self._random.random() < self._mixture.spread
        keys = list(groups)
        weights = [len(groups[key]) for key in keys]
        for key in self._random.choices(keys, weights=weights, k=size):
            members = self._random.sample(groups[key], min(1 if spread else _HARD, len(groups[key])))
            drawn |= {id(member): member for member in members}
            if len(drawn) >= size:
                break
        return list(drawn.values())[:size]

    def _profile(self, code: str, language: str) -> str:
        """The code's label, by itself or among some of its neighbours."""
        label = cpv.label(code, language) or ""
        if self._random.random() < 0.6:  # noqa: PLR2004 — how often
            return label
        family = self._families[code[:4]]
        others = self._random.sample(family, min(self._random.randint(1, 3), len(family)))
        labels = list(dict.fromkeys([label, *(cpv.label(other, language) or "" for other in others)]))
        self._random.shuffle(labels)
        return ". ".join(labels) + "."

    def _title_or_text(self, notice: Notice) -> str:
        if self._random.random() < 0.5:  # noqa: PLR2004 — how often
            return notice.title
        if self._mixture.excerpts and self._random.random() < self._mixture.excerpts:
            sentences = [part for part in notice.description.split(". ") if len(part) > 30]  # noqa: PLR2004 — a sentence
            if sentences:
                start = self._random.randrange(len(sentences))
                return ". ".join(sentences[start : start + self._random.randint(1, 2)])
        return notice.text


def _by(items: Sequence[T], key: Callable[[T], str]) -> dict[str, list[T]]:
    found: defaultdict[str, list[T]] = defaultdict(list)
    for item in items:
        found[key(item)].append(item)
    return dict(sorted(found.items()))


def _portfolios(awards: Sequence[Notice]) -> dict[str, list[Notice]]:
    """By supplier, the contracts of those who won several with different titles."""
    won: defaultdict[str, list[Notice]] = defaultdict(list)
    for award in awards:
        for supplier in set(award.suppliers):
            won[supplier].append(award)
    return {name: found for name, found in sorted(won.items()) if len({award.title for award in found}) > 1}
