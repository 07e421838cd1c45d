"""From an alert's values to text and HTML, both from templates of one name."""

from dataclasses import dataclass
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape


@dataclass(frozen=True, slots=True)
class Wording:
    """A message's subject and its body in both forms."""

    subject: str
    text: str
    html: str


def render(name: str, subject: str, **values: object) -> Wording:
    """Return the wording that templates/NAME.txt.j2 and NAME.html.j2 give for these values."""
    templates = _templates()
    values |= {"subject": subject}
    return Wording(
        # A subject is one line: a stranger's or a brand's line break must not become a header.
        subject=" ".join(subject.split()),
        text=templates.get_template(f"{name}.txt.j2").render(values).strip() + "\n",
        html=templates.get_template(f"{name}.html.j2").render(values),
    )


@cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("alerts"),
        autoescape=select_autoescape(("html.j2",), default_for_string=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
