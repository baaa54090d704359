"""The dialogues and invitees that a batch touches: loaded once, advanced in memory, stored once."""

from collections import defaultdict
from collections.abc import Callable, Collection
from datetime import datetime

from samspil.domain import dialogue as dialogues
from samspil.domain import invitations
from samspil.domain.preferences import learned
from samspil.ports import Dialogue, DialogueTransaction, Invitee, Lift, Opinion, Preferences
from samspil_schemas import Event, MatchFound, MatchWithdrawn

Pair = tuple[str, str]


class Working:
    """Some dialogues with some of their invitees: load, hear what happened, and `advance`."""

    def __init__(self, transaction: DialogueTransaction, *, known: dict[str, Dialogue], invited: dict[str, Invitee]) -> None:
        self._transaction = transaction
        self._dialogues = known
        self._invitees = invited
        self._stored = (dict(known), dict(invited))

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
            need_ids: the dialogues of these needs, with all their invitees.
            pairs: the dialogues of these needs, with these suppliers.
            untold: the dialogues that these suppliers are invited to and were not told of, with them.
        """
        withheld = await transaction.untold(untold)
        known = await transaction.dialogues_of(
            {*need_ids, *(need_id for need_id, _ in pairs), *(invitee.need_id for invitee in withheld)}
        )
        found = await transaction.invitees(
            dialogue_ids=[dialogues.unheard_of(need_id).dialogue_id for need_id in need_ids],
            invitation_ids=[
                invitations.not_invited(need_id=need_id, supplier_id=supplier_id).invitation_id for need_id, supplier_id in pairs
            ],
        )
        return cls(transaction, known=known, invited={invitee.invitation_id: invitee for invitee in (*withheld, *found)})

    def dialogue(self, need_id: str) -> Dialogue:
        """What is known of the dialogue of a need."""
        return self._dialogues.get(need_id) or dialogues.unheard_of(need_id)

    def hear(self, need_id: str, hear: Callable[[Dialogue], Dialogue]) -> None:
        """Join something that was heard of a need."""
        self._dialogues[need_id] = hear(self.dialogue(need_id))

    def hear_match(self, event: MatchFound | MatchWithdrawn) -> None:
        """Join something that was heard of a need and a supplier."""
        nobody = invitations.not_invited(need_id=event.need_id, supplier_id=event.supplier_id)
        invitee = self._invitees.get(nobody.invitation_id, nobody)
        if isinstance(event, MatchFound):
            self.put(invitations.match_found(invitee, event))
        else:
            self.put(invitations.match_withdrawn(invitee, event))

    def put(self, invitee: Invitee) -> None:
        """Join something that was decided of an invitee."""
        self._invitees[invitee.invitation_id] = invitee

    async def advance(self, *, at: datetime) -> None:
        """Say what is to be said of the dialogues and to the invitees, and store what is different from what was loaded."""
        events: list[Event] = []
        said: dict[str, dialogues.DialogueEvent | None] = {}
        for need_id, dialogue in sorted(self._dialogues.items()):
            self._dialogues[need_id], said[need_id] = dialogues.advanced(dialogue, at=at)
            events += [event for event in (said[need_id],) if event is not None]
        suppliers = {invitee.supplier_id for invitee in self._invitees.values()}
        languages = await self._transaction.reading_languages(suppliers)
        preferences = await self._preferences(suppliers)
        for id_, heard in sorted(self._invitees.items()):
            dialogue = self.dialogue(heard.need_id)
            self._invitees[id_], invitation = invitations.advanced(
                invitations.relevant(heard, dialogue),
                dialogue,
                said=said.get(heard.need_id),
                preferences=preferences.get(heard.supplier_id, Preferences()),
                language=languages.get(heard.supplier_id),
                at=at,
            )
            events += [event for event in (invitation,) if event is not None]
        await self._save()
        await self._transaction.enqueue(events)

    async def _preferences(self, supplier_ids: Collection[str]) -> dict[str, Preferences]:
        """What was learned of those of these suppliers that have said anything."""
        opinions, lifts = defaultdict[str, list[Opinion]](list), defaultdict[str, list[Lift]](list)
        for opinion in await self._transaction.opinions_of(supplier_ids):
            opinions[opinion.supplier_id].append(opinion)
        for lift in await self._transaction.lifts_of(opinions):
            lifts[lift.supplier_id].append(lift)
        return {supplier_id: learned(said, lifts[supplier_id]) for supplier_id, said in opinions.items()}

    async def _save(self) -> None:
        known, invited = self._stored
        changed = [dialogue for need_id, dialogue in sorted(self._dialogues.items()) if dialogue != known.get(need_id)]
        await self._transaction.put_dialogues(changed)
        await self._transaction.put_invitees(
            [invitee for id_, invitee in sorted(self._invitees.items()) if invitee != invited.get(id_, _nobody(invitee))]
        )


def _nobody(invitee: Invitee) -> Invitee:
    """What a match with a need without a dialogue leaves behind: nothing."""
    return invitations.not_invited(need_id=invitee.need_id, supplier_id=invitee.supplier_id)
