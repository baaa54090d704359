"""The dialogues and invitees that a batch touches: loaded once, advanced in memory, stored once."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime

from samspil.dialogue.registering import follow
from samspil.domain import dialogue as dialogues
from samspil.domain import invitations
from samspil.domain.dialogue_moves import has_open_part
from samspil.domain.preferences import learned
from samspil.ports import Dialogue, DialogueTransaction, Invitee, Lift, Opinion, Preferences
from samspil_schemas import Event, MatchFound, MatchWithdrawn

Pair = tuple[str, str]


class Working:
    """Some dialogues with some of their invitees: load, hear what happened, and `advance`."""

    def __init__(self, transaction: DialogueTransaction, *, known: Iterable[Dialogue], invited: Iterable[Invitee]) -> None:
        self._transaction = transaction
        self._dialogues = {dialogue.dialogue_id: dialogue for dialogue in known}
        self._invitees = {invitee.invitation_id: invitee for invitee in invited}
        self._stored = (dict(self._dialogues), dict(self._invitees))

    @classmethod
    async def load(
        cls,
        transaction: DialogueTransaction,
        *,
        need_ids: Collection[str] = (),
        pairs: Collection[Pair] = (),
        untold: Collection[str] = (),
    ) -> "Working":
        """What is known of some dialogues.

        Args:
            transaction: reads and writes it.
            need_ids: the dialogues about these needs, with all their invitees.
            pairs: the dialogues about these needs, with these suppliers.
            untold: the dialogues that these suppliers are invited to and were not told of, with them.
        """
        withheld = await transaction.untold(untold)
        known = await transaction.dialogues_about(
            {*need_ids, *(need_id for need_id, _ in pairs), *(invitee.need_id for invitee in withheld)}
        )
        loaded = cls(transaction, known=known, invited=withheld)
        found = await transaction.invitees(
            dialogue_ids=[dialogue.dialogue_id for need_id in need_ids for dialogue in loaded.about(need_id)],
            invitation_ids=[
                _nobody(dialogue, supplier).invitation_id for need_id, supplier in pairs for dialogue in loaded.about(need_id)
            ],
        )
        return cls(transaction, known=known, invited=(*withheld, *found))

    def about(self, need_id: str) -> list[Dialogue]:
        """The dialogues about a need, that of its statement first."""
        own = dialogues.unheard_of(need_id)
        known = [dialogue for dialogue in self._dialogues.values() if dialogue.need_id == need_id]
        return sorted([*([] if own.dialogue_id in self._dialogues else [own]), *known], key=lambda one: one.number)

    def dialogue(self, dialogue_id: str) -> Dialogue | None:
        """What is known of a dialogue."""
        return self._dialogues.get(dialogue_id)

    def hear(self, need_id: str, hear: Callable[[Dialogue], Dialogue]) -> None:
        """Join something that was heard of a need."""
        for dialogue in self.about(need_id):
            self.keep(hear(dialogue))

    def hear_match(self, event: MatchFound | MatchWithdrawn) -> None:
        """Join something that was heard of a need and a supplier."""
        for dialogue in self.about(event.need_id):
            nobody = _nobody(dialogue, event.supplier_id)
            invitee = self._invitees.get(nobody.invitation_id, nobody)
            if isinstance(event, MatchFound):
                self.put(invitations.match_found(invitee, event))
            else:
                self.put(invitations.match_withdrawn(invitee, event))

    def keep(self, dialogue: Dialogue) -> None:
        """Join something that was decided of a dialogue."""
        self._dialogues[dialogue.dialogue_id] = dialogue

    def put(self, invitee: Invitee) -> None:
        """Join something that was decided of an invitee."""
        self._invitees[invitee.invitation_id] = invitee

    async def advance(self, *, at: datetime, also: Sequence[Event] = ()) -> None:
        """Say what is to be said of the dialogues and to the invitees, and store what is different from what was loaded.

        Args:
            at: the moment of saying it.
            also: what a person decided, to be said first.
        """
        said: dict[str, dialogues.DialogueEvent | None] = {}
        # An open part that is announced lets the one-to-one meetings about its need begin.
        for dialogue in sorted(self._dialogues.values(), key=lambda one: (not _is_open_part(one), one.dialogue_id)):
            open_part = has_open_part(self.about(dialogue.need_id))
            advanced, said[dialogue.dialogue_id] = dialogues.advanced(dialogue, open_part=open_part, at=at)
            self.keep(advanced)
        events: list[Event] = [*also, *(event for _, event in sorted(said.items()) if event is not None)]
        suppliers = {invitee.supplier_id for invitee in self._invitees.values()}
        languages = await self._transaction.reading_languages(suppliers)
        preferences = await self._preferences(suppliers)
        for id_, heard in sorted(self._invitees.items()):
            dialogue = self._dialogues.get(heard.dialogue_id) or dialogues.unheard_of(heard.need_id)
            self._invitees[id_], invitation = invitations.advanced(
                invitations.relevant(heard, dialogue),
                dialogue,
                said=said.get(heard.dialogue_id),
                preferences=preferences.get(heard.supplier_id, Preferences()),
                language=languages.get(heard.supplier_id),
                at=at,
            )
            events += [event for event in (invitation,) if event is not None]
        events += await follow(self._transaction, await self._save(), at=at)
        await self._transaction.enqueue(events)
        await self._transaction.disclose(events)

    async def _preferences(self, supplier_ids: Collection[str]) -> dict[str, Preferences]:
        """What was learned of those of these suppliers that have said anything."""
        opinions, lifts = defaultdict[str, list[Opinion]](list), defaultdict[str, list[Lift]](list)
        for opinion in await self._transaction.opinions_of(supplier_ids):
            opinions[opinion.supplier_id].append(opinion)
        for lift in await self._transaction.lifts_of(opinions):
            lifts[lift.supplier_id].append(lift)
        return {supplier_id: learned(said, lifts[supplier_id]) for supplier_id, said in opinions.items()}

    async def _save(self) -> list[Dialogue]:
        """Store what is new; returns the dialogues of which something new was said since their first announcement."""
        known, invited = self._stored
        changed = [dialogue for id_, dialogue in sorted(self._dialogues.items()) if dialogue != known.get(id_)]
        await self._transaction.put_dialogues(changed)
        await self._transaction.put_invitees(
            [invitee for id_, invitee in sorted(self._invitees.items()) if invitee != invited.get(id_, _unheard_of(invitee))]
        )
        return [
            dialogue
            for dialogue in changed
            if (before := known.get(dialogue.dialogue_id)) is not None and 0 < before.revision < dialogue.revision
        ]


def _nobody(dialogue: Dialogue, supplier_id: str) -> Invitee:
    return invitations.not_invited(need_id=dialogue.need_id, supplier_id=supplier_id, dialogue_id=dialogue.dialogue_id)


def _unheard_of(invitee: Invitee) -> Invitee:
    """What a match with a need without a dialogue leaves behind: nothing."""
    return invitations.not_invited(need_id=invitee.need_id, supplier_id=invitee.supplier_id, dialogue_id=invitee.dialogue_id)


def _is_open_part(dialogue: Dialogue) -> bool:
    offer = dialogues.open_offer(dialogue)
    return offer is not None and offer.announcement is not None and offer.announcement.kind in dialogues.OPEN_KINDS
