"""The tokenizer of our own weights, read without transformers: importing that takes a second and 300 MB."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from core.errors import ModelError

TOKENIZER: Final = "tokenizer.json"


class Tokenizer:
    """A tokenizer.json, asked as transformers' tokenizers are and with the same answers, as far as `Windows` asks."""

    is_fast = True

    def __init__(self, folder: Path) -> None:
        """Raise ModelError where `folder` holds none that can be used."""
        import tokenizers  # loads nothing large, but only who classifies has a use for it

        path = folder / TOKENIZER
        try:
            self._inner = tokenizers.Tokenizer.from_file(str(path))
        except Exception as error:  # it raises nothing narrower
            raise ModelError(f"{path}: the tokenizer cannot be loaded: {error}") from error
        self._inner.no_truncation()
        self._inner.no_padding()

    def __call__(
        self,
        texts: str | Sequence[str],
        *,
        add_special_tokens: bool = True,
        return_offsets_mapping: bool = False,
        verbose: bool = True,  # noqa: ARG002 - transformers' have it, to be quiet about long texts
    ) -> dict[str, Any]:
        """Return `input_ids` of a text or of each text, and of each the `offset_mapping` where it is asked for."""
        if isinstance(texts, str):
            return {"input_ids": self._inner.encode(texts, add_special_tokens=add_special_tokens).ids}
        encode = self._inner.encode_batch if return_offsets_mapping else self._inner.encode_batch_fast
        found = encode(texts, add_special_tokens=add_special_tokens)
        ids = {"input_ids": [each.ids for each in found]}
        return ids | {"offset_mapping": [each.offsets for each in found]} if return_offsets_mapping else ids
