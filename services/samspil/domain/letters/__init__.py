"""Letters to suppliers: an invitation, a change, a cancellation, a registration and that it took place, in the reader's language.

What the buyer wrote is left as it is, with its language beside it where that is not the letter's.
"""

from samspil.domain.letters.facts import Occasion
from samspil.domain.letters.reader import Reader
from samspil.domain.letters.writing import Letter, cancellation, change, invitation, over, registration

__all__ = ["Letter", "Occasion", "Reader", "cancellation", "change", "invitation", "over", "registration"]
