"""What Samspil stands on, adapted to the ports: the log, the vector index, the embedding model and the record."""
