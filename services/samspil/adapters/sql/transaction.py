"""One transaction of the record, with everything that the services do in one."""

from samspil.adapters.sql.ledger import LedgerStatements
from samspil.adapters.sql.messages import MessageStatements
from samspil.adapters.sql.standings import StandingStatements


class SqlTransaction(MessageStatements, StandingStatements, LedgerStatements):
    """Satisfies `RegistryTransaction` and `DialogueTransaction`; commits or rolls back as a whole."""
