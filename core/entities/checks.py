"""Check digits of parcel numbers.

The sums are those of https://github.com/jkeen/tracking_number_data/blob/main/CHECKSUM_ALGORITHMS.md, which takes the
37/36 one from DPD's label specification 2.4.1 (ISO 7064).
"""

from typing import Final

_S10_WEIGHTS: Final = (8, 6, 4, 2, 3, 5, 9, 7)
_FEDEX_WEIGHTS: Final = (3, 1, 7, 3, 1, 7, 3, 1, 7, 3, 1)
_MOD_36: Final = 36
_ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def passes_mod_10(number: str, even: int, odd: int) -> bool:
    """Return whether the last digit completes the weighted sum of the others; places count from 0 at the left.

    Letters count as UPS has them: (code - 3) modulo 10.
    """
    *body, check = [int(sign) if sign.isdigit() else (ord(sign) - 3) % 10 for sign in number]
    total = sum(value * (odd if place % 2 else even) for place, value in enumerate(body))
    return -total % 10 == check


def passes_mod_7(digits: str) -> bool:
    """Return whether the last digit is the rest of the others by 7 (DHL Express)."""
    return int(digits[:-1]) % 7 == int(digits[-1])


def passes_s10(digits: str) -> bool:
    """Return whether the ninth digit is right for the eight before it (UPU S10)."""
    total = sum(int(digit) * weight for digit, weight in zip(digits, _S10_WEIGHTS, strict=False))
    check = (5, 0)[total % 11] if total % 11 < 2 else 11 - total % 11
    return check == int(digits[8])


def passes_fedex(digits: str) -> bool:
    """Return whether the twelfth digit is right (FedEx Express)."""
    total = sum(int(digit) * weight for digit, weight in zip(digits, _FEDEX_WEIGHTS, strict=False))
    return total % 11 % 10 == int(digits[11])


def passes_mod_37_36(number: str) -> bool:
    """Return whether the last sign is right for those before it (DPD: ISO 7064 MOD 37,36)."""
    value = _MOD_36
    for sign in number[:-1]:
        value = (value + _ALPHABET.index(sign)) % _MOD_36 or _MOD_36
        value = value * 2 % (_MOD_36 + 1)
    return _ALPHABET[(_MOD_36 + 1 - value) % _MOD_36] == number[-1]
