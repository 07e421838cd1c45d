"""From which confidence on managers hear of a case that is not of the highest severity."""

from typing import Final

ACCUSATION_CONFIDENCE: Final = 0.85
