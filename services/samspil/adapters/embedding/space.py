"""Vector spaces: what decides a vector, and the proof at each start that the model still gives the same ones.

Vectors of different spaces cannot be compared, so the space's id names the index and stands in every match.
"""

import hashlib
import json
import os
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from samspil.adapters.embedding.batching import TextModel
from samspil.errors import Misconfigured
from samspil.ports import TextKind, Vectors

# fp32 and bf16 differ by a cosine of 0.00003 at most, far less than the quantisation of the bundled model, so they share a space.
FLOAT = "float"
_SLUG_MAX = 40
_HASH_LENGTH = 12

# The least cosine of a canary with its reference. bf16 against fp32 gives 0.9999, another model or tokenizer less than 0.95.
CANARY_MIN = 0.999
# Short and long, of many scripts, with what tokenizers and normalisers get wrong first.
CANARIES: tuple[tuple[TextKind, str], ...] = (
    (TextKind.QUERY, "Kommunen vil finde lækager i drikkevandsledninger uden at grave gaden op."),
    (TextKind.PASSAGE, "Akustische Ortung von Rohrbrüchen im Trinkwassernetz mit Sensoren an Hydranten."),
    (TextKind.QUERY, "Yövalvontaa hoivakoteihin: anturit havaitsevat, kun asukas kaatuu."),
    (TextKind.PASSAGE, "Städrobotar och behovsstyrd lokalvård för skolor."),
    (TextKind.QUERY, "Overvann skal forsinkes i gatene før det når ledningsnettet."),
    (TextKind.PASSAGE, "Ransomware protection and immutable backups for municipal data centres, 24/7."),
    (TextKind.QUERY, "Η πόλη αναζητά ηλεκτρικά λεωφορεία. Градът търси електрически автобуси."),
    (TextKind.PASSAGE, "ｆｕｌｌ ｗｉｄｔｈ, ﬁne ligatures, la\u0308ckor, ½ m² and 🚰 №5 — “quoted”…"),
    (TextKind.PASSAGE, "水漏れ検知 センサー 누수 감지 센서 كشف تسرب المياه"),
    (
        TextKind.PASSAGE,
        (
            "Vi levererar system för planering av hemtjänstens rutter. Systemet tar hänsyn till brukarnas önskemål, personalens "
            "kompetens, körtider och arbetstidsregler. Det räknar om planen när någon blir sjuk, visar rutten i telefonen och "
            "rapporterar utförd tid. Tolv kommuner använder det i dag, och körtiden har minskat med en femtedel."
        ),
    ),
)


@dataclass(frozen=True, kw_only=True)
class VectorSpace:
    """All that decides a vector.

    Attributes:
        model: its name.
        revision: which of the model's contents.
        tokenizer: hash of what the tokenizer makes of the canaries.
        prompts: what is set before a text, by its kind.
        pooling: how the tokens' vectors become one.
        length: the most tokens that are read.
        dimension: the length of a vector.
        precision: a class of number formats whose vectors agree.
        adapter: the update that was merged into the model's weights.
    """

    model: str
    revision: str
    tokenizer: str
    prompts: Mapping[str, str]
    pooling: str
    length: int
    dimension: int
    precision: str
    adapter: str

    @property
    def id(self) -> str:
        """A readable name and a hash of everything, as the contract wants it: 4 to 64 of a-z, 0-9 and hyphens."""
        content = json.dumps(asdict(self), sort_keys=True, ensure_ascii=False)
        name = re.sub(r"[^a-z0-9]+", "-", self.model.rsplit("/", 1)[-1].lower()).strip("-")[:_SLUG_MAX].strip("-")
        return f"{name or 'model'}-{hashlib.sha256(content.encode()).hexdigest()[:_HASH_LENGTH]}"


def check_canaries(vectors: Vectors, *, reference: Vectors, model: str, hint: str) -> None:
    """Refuse a model whose vectors are not those of its space.

    Args:
        vectors: unit vectors of `CANARIES`, as the model gives them now, shape (canaries, dimension).
        reference: the same as they should be.
        model: its name, for the message.
        hint: what to do about a difference.

    Raises:
        Misconfigured: a vector differs, has another length or is no number.
    """
    if vectors.shape != reference.shape:
        raise Misconfigured(f"The language model {model} gives vectors of another length than it should.", hint=hint)
    cosines = np.sum(vectors * reference, axis=1) / np.linalg.norm(reference, axis=1)
    agrees = cosines >= CANARY_MIN  # false for NaN
    if not agrees.all():
        worst = int(np.argmin(np.nan_to_num(cosines, nan=-1.0)))
        raise Misconfigured(
            f"The language model {model} gives other vectors than it should: {int((~agrees).sum())} of {len(cosines)} test texts "
            f"differ, the worst (“{CANARIES[worst][1][:40]}…”) agrees to {cosines[worst]:.3f} where {CANARY_MIN} is needed.",
            hint=hint,
        )


def check_against_first(vectors: Vectors, *, space: VectorSpace, folder: Path) -> None:
    """Compare with the canaries of this space's first start; keep these where there are none yet.

    Raises:
        Misconfigured: the model gives other vectors than at its first start, or the folder cannot be written.
    """
    path = folder / f"{space.id}.npy"
    try:
        if not path.exists():
            _keep(path, vectors)
            return
        reference = np.load(path, allow_pickle=False).astype(np.float32)
    except (OSError, ValueError, EOFError) as error:
        raise Misconfigured(
            f"The test vectors of the language model cannot be read or kept at {path} ({error}).",
            hint="Make the folder writable, or delete the file if it is damaged.",
        ) from error
    check_canaries(
        vectors,
        reference=reference,
        model=space.model,
        hint=f"Go back to the libraries and the processor that it ran on, or embed everything again after deleting {path}.",
    )


def _keep(path: Path, vectors: Vectors) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(f".new-{os.getpid()}")
    with fresh.open("wb") as file:
        np.save(file, vectors.astype(np.float16))
    fresh.replace(path)


def canary_vectors(model: TextModel) -> Vectors:
    """The model's unit vectors of `CANARIES`, in their order, shape (canaries, dimension)."""
    vectors: dict[int, Vectors] = {}
    for kind in TextKind:
        numbers = [number for number, (own, _) in enumerate(CANARIES) if own is kind]
        encoded = model.encode([CANARIES[number][1] for number in numbers], kind=kind)
        vectors |= dict(zip(numbers, encoded, strict=True))
    return np.stack([vectors[number] for number in range(len(CANARIES))])
