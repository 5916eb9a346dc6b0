"""A mail server of our own on a free loopback port: keeps what it takes, and refuses when it is told to.

Spec: as much of RFC 5321 as Python's smtplib speaks.
"""

import email.policy
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage


@dataclass(frozen=True)
class TakenMail:
    sender: str
    recipients: tuple[str, ...]
    raw: bytes

    @property
    def message(self) -> EmailMessage:
        return message_from_bytes(self.raw, policy=email.policy.default)

    def text(self) -> str:
        return self._part("plain")

    def html(self) -> str:
        return self._part("html")

    def _part(self, kind: str) -> str:
        part = self.message.get_body(preferencelist=(kind,))
        assert part is not None, f"no text/{kind}"
        return str(part.get_content())


@dataclass
class MailServer:
    """`refusals` are used up one after the other, each for the next command of its name, such as RCPT or DATA."""

    port: int = 0
    taken: list[TakenMail] = field(default_factory=list)
    refusals: list[tuple[str, str]] = field(default_factory=list)

    def refuse(self, command: str, answer: str, *, times: int = 1) -> None:
        self.refusals += [(command, answer)] * times

    def refusal_of(self, command: str) -> str | None:
        for position, (refused, answer) in enumerate(self.refusals):
            if refused == command:
                del self.refusals[position]
                return answer
        return None


@contextmanager
def mail_server() -> Iterator[MailServer]:
    server = MailServer()

    class Handler(Conversation):
        kept = server

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as listening:
        listening.daemon_threads = True
        server.port = int(listening.server_address[1])
        thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        yield server
        listening.shutdown()
        thread.join()


class Conversation(socketserver.StreamRequestHandler):
    kept: MailServer
    timeout = 20

    def handle(self) -> None:
        self.sender, self.recipients = "", list[str]()
        self.say(self.kept.refusal_of("CONNECT") or "220 sink.example.org")
        while line := self.rfile.readline():
            words = line.decode("ascii", "surrogateescape").strip()
            command = words.partition(" ")[0].upper()
            if command == "QUIT":
                self.say("221 bye")
                return
            if (refusal := self.kept.refusal_of(command)) is not None:
                self.say(refusal)
            elif not self.answer(command, words):
                self.say("502 5.5.1 no such command")

    def answer(self, command: str, words: str) -> bool:
        if command in {"EHLO", "HELO", "RSET", "NOOP"}:
            self.sender, self.recipients = "", []
        elif command == "MAIL":
            self.sender = _address(words)
        elif command == "RCPT":
            self.recipients.append(_address(words))
        elif command == "DATA":
            self.say("354 go on")
            raw = self.content()
            refusal = self.kept.refusal_of("CONTENT")
            if refusal is not None:
                self.say(refusal)
                return True
            self.kept.taken.append(TakenMail(self.sender, tuple(self.recipients), raw))
        else:
            return False
        self.say("250 2.0.0 ok")
        return True

    def content(self) -> bytes:
        lines = []
        while (line := self.rfile.readline()) not in {b".\r\n", b""}:
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        return b"".join(lines)

    def say(self, words: str) -> None:
        self.wfile.write(words.encode("ascii") + b"\r\n")


def _address(words: str) -> str:
    return words.partition("<")[2].partition(">")[0]
