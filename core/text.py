"""Making strangers' text fit to be stored."""

MAX_TEXT_LENGTH = 100_000


def storable(text: str, length: int = MAX_TEXT_LENGTH) -> str:
    """Return `text` without what a database refuses (NUL, half surrogate pairs), cut to `length` characters."""
    clean = text.replace("\0", "")
    try:
        clean.encode()
    except UnicodeEncodeError:
        clean = clean.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return clean[:length]
