"""The dialogue service: turns needs that announce a dialogue, and their matches, into dialogues and invitations."""
