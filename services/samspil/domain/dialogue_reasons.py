"""Why a dialogue does not take place, where nobody has said it in words of their own."""

from enum import StrEnum


class Because(StrEnum):
    """A reason as the events say it; letters say it in the reader's language (the phrase `reason.` and its name)."""

    NEED_WITHDRAWN = "The need was withdrawn."
    NOT_ANNOUNCED = "The need no longer announces a dialogue."
    CALLED_OFF = "It was called off."
