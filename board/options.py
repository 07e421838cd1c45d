"""Streamlit's options for the board, in one place for every way of starting it, and its theme."""

from typing import Any, Final

from streamlit import config

from board.gate import MEMBER_HEADER

_LIGHT: Final = {
    "primaryColor": "#0b6e5f",
    "backgroundColor": "#ffffff",
    "secondaryBackgroundColor": "#f4f6f5",
    "textColor": "#17211f",
    "borderColor": "#dbe2df",
    "redColor": "#b3261e",
    "orangeColor": "#a8540a",
    "yellowColor": "#7a5c00",
    "greenColor": "#0b6e5f",
    "chartCategoricalColors": ["#0b6e5f"],  # charts tell things apart by shape and words, not by colour
}
_DARK: Final = {
    "primaryColor": "#4fc3ad",
    "backgroundColor": "#12181a",
    "secondaryBackgroundColor": "#1a2224",
    "textColor": "#e4ebe9",
    "borderColor": "#2c3739",
    "redColor": "#ff9c92",
    "orangeColor": "#f5b26b",
    "yellowColor": "#e3c96a",
    "greenColor": "#4fc3ad",
    "chartCategoricalColors": ["#4fc3ad"],
}
OPTIONS: Final[dict[str, Any]] = {
    "server.headless": True,
    "server.fileWatcherType": "none",
    "server.enableStaticServing": False,
    "server.trustedUserHeaders": {MEMBER_HEADER: "member_id"},
    "server.maxUploadSize": 1,
    "browser.gatherUsageStats": False,
    "client.toolbarMode": "minimal",
    "client.showErrorDetails": "none",
    "client.showErrorLinks": False,
    # Streamlit collects garbage after every run of a page, which takes most of the time under load;
    # app.py does it once a minute instead.
    "runner.postScriptGC": False,
    "runner.magicEnabled": False,
    # Streamlit would send a large message again as a reference to the first one. A browser that missed that one, as
    # happens when runs of a page overtake each other, shows a connection error.
    "global.minCachedMessageSize": 1e12,
    "logger.hideWelcomeMessage": True,
    "theme.font": "sans-serif",  # Source Sans, which Streamlit brings along: nothing is fetched from elsewhere
    "theme.baseFontSize": 16,
    "theme.baseRadius": "0.5rem",
    "theme.showWidgetBorder": True,
    **{f"theme.light.{name}": value for name, value in _LIGHT.items()},
    **{f"theme.dark.{name}": value for name, value in _DARK.items()},
}


def apply_options() -> None:
    """Set what neither a flag nor a config.toml has set: for `streamlit run app.py` and other ASGI servers."""
    for name, value in OPTIONS.items():
        if not config.is_manually_set(name):
            config.set_option(name, value, "Afterclick")
