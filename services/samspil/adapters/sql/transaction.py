"""One transaction of the record, with everything that the services do in one."""

from samspil.adapters.sql.dialogues import DialogueStatements
from samspil.adapters.sql.ledger import LedgerStatements
from samspil.adapters.sql.messages import MessageStatements
from samspil.adapters.sql.standings import StandingStatements
from samspil.adapters.sql.verdicts import VerdictStatements


class SqlTransaction(MessageStatements, StandingStatements, LedgerStatements, VerdictStatements, DialogueStatements):
    """Satisfies `RegistryTransaction` and `DialogueTransaction`; commits or rolls back as a whole."""
