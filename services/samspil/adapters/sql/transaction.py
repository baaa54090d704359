"""One transaction of the record, with everything that the services do in one."""

from samspil.adapters.sql.dialogues import DialogueStatements
from samspil.adapters.sql.disclosures import DisclosureStatements
from samspil.adapters.sql.follow_ups import FollowUpStatements
from samspil.adapters.sql.joint_statements import JointNeedStatements
from samspil.adapters.sql.opinions import OpinionStatements
from samspil.adapters.sql.registration_statements import RegistrationStatements
from samspil.adapters.sql.verdicts import VerdictStatements


class SqlTransaction(
    JointNeedStatements,
    FollowUpStatements,
    VerdictStatements,
    DialogueStatements,
    DisclosureStatements,
    OpinionStatements,
    RegistrationStatements,
):
    """Satisfies the transactions of the registry, dialogues, openness and joint needs; commits or rolls back as a whole."""
