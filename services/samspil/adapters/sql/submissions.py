"""Takes what people and files submit. What stands and what is to be published change in one transaction."""

from dataclasses import replace

from samspil import ids
from samspil.adapters.sql.database import Database
from samspil.adapters.sql.publishing import event_of, next_version, says_what_stands
from samspil.domain.standing import published, withdrawn
from samspil.errors import Conflict, NotFound, Outdated
from samspil.ports import SourceOrder, Standing, Submitted, readers_of
from samspil_schemas import NeedStatement, ProfilePublished, ProfileWithdrawn, SupplierProfile, topics

PROFILE_READERS = readers_of(topics.SUPPLIERS)


class SqlSubmissions:
    """Implements `Submissions`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def submit_need(self, need_id: str, statement: NeedStatement, *, order: SourceOrder | None = None) -> Submitted:
        """Store the need as its next version, or nothing if its content is what stands.

        Raises:
            Outdated: the record holds a newer version of the same source.
            Conflict: the need belongs to another buyer.
        """
        _refuse_joint(need_id, statement)
        async with self._database.begin() as transaction:
            known = (await transaction.needs_known([need_id]))[need_id]
            _refuse_foreign_hands(known, statement)
            _refuse_older(known, order)
            if _says_nothing_new(known, statement, order):
                if order not in (None, known.order):
                    await transaction.put_needs([replace(known, order=order)])
                return Submitted(id=need_id, version=known.version, changed=False)
            version = await transaction.publish_need(known, statement, order=order)
        return Submitted(id=need_id, version=version, changed=True)

    async def withdraw_need(self, need_id: str, *, reason: str | None = None) -> Submitted:
        """Withdraw the need in its current version; NotFound if there is none."""
        _refuse_joint(need_id)
        async with self._database.begin() as transaction:
            known = (await transaction.needs_known([need_id]))[need_id]
            if not known.version:
                raise NotFound(f"There is no need {need_id}.", hint="Check the id.")
            if known.withdrawn:
                return Submitted(id=need_id, version=known.version, changed=False)
            await transaction.retract_need(known, reason=reason)
        return Submitted(id=need_id, version=known.version, changed=True)

    async def submit_profile(self, supplier_id: str, profile: SupplierProfile) -> Submitted:
        """Store the profile as its next version, or nothing if its content is what stands."""
        async with self._database.begin() as transaction:
            known = (await transaction.profiles_known([supplier_id]))[supplier_id]
            if known.is_open and says_what_stands(known, profile):
                return Submitted(id=supplier_id, version=known.version, changed=False)
            version = next_version(known)
            event = event_of(ProfilePublished, supplier_id=supplier_id, version=version, profile=profile)
            await transaction.put_profiles([published(known, version, profile)])
            await transaction.supersede(topics.SUPPLIERS, [supplier_id])
            await transaction.enqueue([event], awaiting=PROFILE_READERS)
        return Submitted(id=supplier_id, version=version, changed=True)

    async def withdraw_profile(self, supplier_id: str, *, reason: str | None = None) -> Submitted:
        """Withdraw the profile in its current version; NotFound if there is none."""
        async with self._database.begin() as transaction:
            known = (await transaction.profiles_known([supplier_id]))[supplier_id]
            if not known.version:
                raise NotFound(f"There is no profile of {supplier_id}.", hint="Check the id.")
            if known.withdrawn:
                return Submitted(id=supplier_id, version=known.version, changed=False)
            event = event_of(ProfileWithdrawn, supplier_id=supplier_id, version=known.version, reason=reason)
            await transaction.put_profiles([withdrawn(known, known.version, reason=event.reason)])
            await transaction.supersede(topics.SUPPLIERS, [supplier_id])
            await transaction.enqueue([event], awaiting=PROFILE_READERS)
        return Submitted(id=supplier_id, version=known.version, changed=True)


def _refuse_joint(need_id: str, statement: NeedStatement | None = None) -> None:
    """The text of a joint need changes with the joint need alone, so that its history is whole."""
    if need_id.startswith(ids.JOINT_PREFIX) or (statement is not None and statement.joint_members):
        raise Conflict(
            "This is a need that several bodies share.", hint="Propose, change and close it as a joint need, at /v1/joint-needs."
        )


def _refuse_foreign_hands(known: Standing[NeedStatement], statement: NeedStatement) -> None:
    if known.content is not None and known.content.buyer.id != statement.buyer.id:
        raise Conflict(f"The need {known.id} belongs to another buyer.", hint="Publish it under an id of your own.")


def _refuse_older(known: Standing[NeedStatement], order: SourceOrder | None) -> None:
    if order is not None and known.order is not None and _rank(order) < _rank(known.order):
        raise Outdated(
            f"The record holds a newer version of the need {known.id}, published {known.order.published_at.isoformat()}.",
            hint="Import the newest version of the source, or nothing.",
        )


def _rank(order: SourceOrder) -> tuple[object, int]:
    return order.published_at, order.number


def _says_nothing_new(known: Standing[NeedStatement], statement: NeedStatement, order: SourceOrder | None) -> bool:
    if not says_what_stands(known, statement):
        return False
    # The same version of the same source again does not open a need that its owner has withdrawn since.
    same_source_again = order is not None and known.order is not None and _rank(order) == _rank(known.order)
    return known.is_open or same_source_again
