"""Whatever somebody sends, a line of the process log is one line, and steers no terminal."""

import json
import logging
import logging.config
import sys

from identity.settings.log import logging_configuration

HOSTILE = 'kim\n{"event": "user.signed_in"}\r\x1b[2J\u2028\u202e\x00\ud800'


def _formatter() -> logging.Formatter:
    return logging.config.DictConfigurator({}).configure_formatter(
        logging_configuration(debug=False)["formatters"]["json"]
    )


def _line(message: str, *args: object, with_traceback: bool = False) -> str:
    exc_info = sys.exc_info() if with_traceback else None
    return _formatter().format(
        logging.LogRecord("test", logging.WARNING, __file__, 1, message, args, exc_info)
    )


def _break() -> None:
    raise ValueError(HOSTILE)


def test_what_was_sent_stays_within_its_line() -> None:
    line = _line("refused: %s", HOSTILE)
    assert line.isascii()
    assert line.isprintable()
    assert json.loads(line)["event"] == f"refused: {HOSTILE}"


def test_traceback_stays_within_its_line_too() -> None:
    line = ""
    try:
        _break()
    except ValueError:
        line = _line("broken", with_traceback=True)
    assert line.isprintable()
    assert "ValueError" in json.loads(line)["exception"]
