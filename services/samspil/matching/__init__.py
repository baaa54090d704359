"""Matching: a need or a profile is embedded, indexed, searched for and judged; the verdict is published."""
