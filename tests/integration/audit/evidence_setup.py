"""Bundles to take apart and put together again, and the offline verifier as its own program."""

import base64
import hashlib
import json
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from apps.audit import gatehouse_verify
from apps.audit.services.evidence import EvidenceRequest, export_evidence
from tests.integration.audit.log_setup import NOW

VERIFIER = Path(gatehouse_verify.__file__)
Files = dict[str, bytes]


@dataclass(frozen=True)
class Verdict:
    code: int
    first_line: str
    text: str


def run_verifier(*arguments: object, program: Path = VERIFIER) -> Verdict:
    """In isolated mode: no environment, no user's packages, nothing from the working directory."""
    ran = subprocess.run(
        [sys.executable, "-I", "-W", "error", str(program), *map(str, arguments)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
        check=False,
        cwd="/",
    )
    text = ran.stdout + ran.stderr
    assert "Traceback" not in text, text
    return Verdict(ran.returncode, (text.splitlines() or [""])[0], text)


def export(path: Path, **changes: Any) -> Files:
    """The files of a bundle over the day of the tests' events, which stands at `path` then."""
    asked: dict[str, Any] = {"start": NOW - timedelta(hours=1), "end": NOW + timedelta(hours=1)}
    path.unlink(missing_ok=True)
    export_evidence(request=EvidenceRequest(**(asked | changes)), output=path, now=NOW + timedelta(days=1))
    return unpacked(path)


def unpacked(path: Path) -> Files:
    with zipfile.ZipFile(path) as bundle:
        return {name: bundle.read(name) for name in bundle.namelist()}


def pack(path: Path, files: Mapping[str, bytes]) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as bundle:
        for name, content in files.items():
            bundle.writestr(name, content)


def signed_again(files: Files, key: Ed25519PrivateKey, **manifest_changes: Any) -> Files:
    """As somebody who has the key could make it: the manifest fits whatever the files are now."""
    manifest = json.loads(files["manifest.json"])
    listed = {name: content for name, content in files.items() if not name.startswith("manifest.")}
    manifest["files"] = {
        name: {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        for name, content in listed.items()
    }
    raw = json.dumps(manifest | manifest_changes).encode()
    text = f"{manifest['origin']}/evidence\n{hashlib.sha256(raw).hexdigest()}\n"
    note = note_of(text, name=manifest["origin"], key=key)
    return {**listed, "manifest.json": raw, "manifest.note": note}


def note_of(text: str, *, name: str, key: Ed25519PrivateKey) -> bytes:
    public = key.public_key().public_bytes_raw()
    key_hash = hashlib.sha256(f"{name}\n".encode() + b"\x01" + public).digest()[:4]
    signature = base64.b64encode(key_hash + key.sign(text.encode())).decode()
    return f"{text}\n— {name} {signature}\n".encode()


def jwk_of(key: Ed25519PrivateKey) -> dict[str, str]:
    x = base64.urlsafe_b64encode(key.public_key().public_bytes_raw()).rstrip(b"=").decode()
    return {"kty": "OKP", "crv": "Ed25519", "x": x}


def lines_of(content: bytes) -> list[bytes]:
    return content.splitlines(keepends=True)
