"""Every error that Afterclick raises on purpose.

AfterclickError
├── ConfigError                 a setting or a configuration file is wrong; the message says which and what is allowed
├── StorageError                the database cannot be used as it is (newer than the code, locked for too long)
├── InputError                  a file or a row that was handed in cannot be read; the message says where and why
│   ├── FormError               fields of a form are wrong; says of each by its name what to do
│   └── ChangedError            somebody else changed the row since the form was opened
├── ModelError                  the classifier's folder is missing, damaged or of another shape
├── CollectError                a source could not be read; `retry_after` says when it is worth trying again
│   ├── RateLimitedError        the platform asked for a pause
│   ├── UnreachableError        no answer: time-out, refused, cut off, or a server's own fault (5xx)
│   ├── BadResponseError        an answer that is not what the API promises
│   ├── AuthError               credentials are missing, wrong or revoked: a person must act
│   └── NotPermittedError       the platform refuses this query or this access: a person must act
└── DeliveryError               a message could not be handed over; `permanent` tells whether trying again can help
"""

from collections.abc import Mapping
from datetime import timedelta


class AfterclickError(Exception):
    """Base of all; its text is fit to be shown to a person."""


class ConfigError(AfterclickError):
    """A setting or configuration file is wrong."""


class StorageError(AfterclickError):
    """The database cannot be used as it is."""


class InputError(AfterclickError):
    """Something that was handed in cannot be read."""


class FormError(InputError):
    """Fields of a form are wrong: `fields` holds a sentence for each by its name."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        super().__init__(" ".join(fields.values()))
        self.fields = dict(fields)


class ChangedError(InputError):
    """Somebody else changed a row since the form was opened: `present` is what its fields say now."""

    def __init__(self, message: str, present: Mapping[str, object]) -> None:
        super().__init__(message)
        self.present = dict(present)


class ModelError(AfterclickError):
    """The classifier's folder is missing, damaged or of another shape."""


class CollectError(AfterclickError):
    """A source could not be read this time.

    `needs_person` is true where waiting cannot help. `retry_after` is the pause that the platform asked for, if it did.
    """

    needs_person = False

    def __init__(self, message: str, retry_after: timedelta | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class RateLimitedError(CollectError):
    """The platform asked for a pause."""


class UnreachableError(CollectError):
    """The platform did not answer, or answered with a fault of its own."""


class BadResponseError(CollectError):
    """The platform's answer is not what its API promises."""


class AuthError(CollectError):
    """Credentials are missing, wrong or revoked."""

    needs_person = True


class NotPermittedError(CollectError):
    """The platform refuses this query or this access."""

    needs_person = True


class DeliveryError(AfterclickError):
    """A message could not be handed over.

    `permanent` says that trying again cannot help; `concerns_all` that no other message would fare better now;
    `refuses_address` that no message to the same address would ever; `may_have_arrived` that perhaps only the answer
    is missing.
    """

    def __init__(
        self,
        message: str,
        permanent: bool = False,
        *,
        concerns_all: bool = False,
        refuses_address: bool = False,
        may_have_arrived: bool = False,
    ) -> None:
        super().__init__(message)
        self.permanent = permanent
        self.concerns_all = concerns_all
        self.refuses_address = refuses_address
        self.may_have_arrived = may_have_arrived
