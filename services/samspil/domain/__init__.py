"""The rules of matching, joint needs and dialogue: pure, without clock, randomness or I/O."""
