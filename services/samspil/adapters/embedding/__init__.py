"""The embedding model: unpacked from a wheel or taken from a folder or the hub, run in one thread."""

from samspil.adapters.embedding.opening import EmbeddingSettings, open_embedder

__all__ = ["EmbeddingSettings", "open_embedder"]
