"""Which cases a manager must hear of at once."""

from core.taxonomy import Severity

ACCUSATION_CONFIDENCE = 0.85


def is_severe(severity: int, confidence: float) -> bool:
    """Tell whether a case is mailed: the highest severity always, an accusation where the model is sure enough."""
    return severity >= Severity.BLAME or (severity >= Severity.ACCUSATION and confidence >= ACCUSATION_CONFIDENCE)
