"""The registry: joins what the topics say into the record, keeps the ledger, and relays the outbox."""
