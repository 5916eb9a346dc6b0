import io
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from apps.audit.models import AuditEvent
from apps.audit.ports import SYSTEM, signer
from apps.audit.services.sealing import seal_pending
from apps.core.origin import SYSTEM_ORIGIN
from apps.keys.audit_signer import KeyStoreSigner
from apps.keys.models import SigningKey
from apps.keys.services.rotation import retire_compromised, rotate_now
from apps.keys.services.signing_keys import ensure_signing_keys
from tests.integration.audit.evidence_setup import run_verifier, unpacked
from tests.integration.audit.log_setup import NOW, record_many, run_sql, triggers_dropped

pytestmark = pytest.mark.django_db
DAY = ("--from", "2026-11-23", "--to", "2026-11-24")


@pytest.fixture
def log() -> Iterator[None]:
    """Nine events under the checkpoints 2 to 4, sealed with the key that an installation would have.

    Those of the key itself are of an earlier day and under the first.
    """
    with signer.replaced(KeyStoreSigner()):
        ensure_signing_keys(now=NOW - timedelta(days=2))
        seal_pending(now=NOW)
        record_many(9)
        seal_pending(now=NOW + timedelta(seconds=5), batch_size=4)
        yield


def export(path: Path, *arguments: str) -> str:
    out = io.StringIO()
    call_command("export_evidence", *arguments, "--output", str(path), stdout=out)
    return out.getvalue()


def test_bundle_verifies_with_the_thumbprint_that_the_command_prints(log: None, tmp_path: Path) -> None:
    path = tmp_path / "evidence.zip"
    first, last = export(path, *DAY).splitlines()
    assert first.startswith(f"{path}: ")
    thumbprint = last.removeprefix("Tell the auditor the thumbprint of the key: ")
    verdict = run_verifier(path, f"--thumbprint={thumbprint}")
    assert (verdict.code, verdict.first_line.split(":")[0]) == (0, "VERIFIED"), verdict.text


def rotate_audit_key() -> None:
    keys = SigningKey.objects.filter(purpose="audit")
    rotate_now(keys=keys, actor=SYSTEM, origin=SYSTEM_ORIGIN, now=NOW + timedelta(seconds=10))


def thumbprint_arguments(printed: str) -> list[str]:
    _, listed = printed.split("Tell the auditor the thumbprints of all keys that signed it:\n")
    return [f"--thumbprint={line.strip()}" for line in listed.splitlines()]


@pytest.mark.parametrize(
    ("is_sealed_since", "arguments", "file"),
    [
        (True, ("--since", "2"), "since.note"),
        (False, (), "checkpoint.note"),
        (True, ("--checkpoint", "3"), "checkpoint.note"),
    ],
)
def test_after_a_change_of_keys_every_thumbprint_is_printed_that_verification_needs(
    log: None, tmp_path: Path, is_sealed_since: bool, arguments: tuple[str, ...], file: str
) -> None:
    rotate_audit_key()
    if is_sealed_since:
        seal_pending(now=NOW + timedelta(seconds=15))
    path, again = tmp_path / "evidence.zip", tmp_path / "again.zip"
    given = thumbprint_arguments(export(path, *DAY, *arguments))
    verdict = run_verifier(path, *given)
    assert (len(given), verdict.code, verdict.first_line.split(":")[0]) == (2, 0, "VERIFIED"), verdict.text
    outcomes = [run_verifier(path, only) for only in given]
    assert {outcome.code for outcome in outcomes} == {1}
    assert any(outcome.first_line.startswith(f"WRONG: {file} is signed") for outcome in outcomes)
    listed = json.loads(export(again, *DAY, *arguments, "--json"))["thumbprints"]
    assert [f"--thumbprint={thumbprint}" for thumbprint in listed] == given


def test_key_that_somebody_else_may_have_is_named(log: None, tmp_path: Path) -> None:
    kid = signer.get().key_id()
    retire_compromised(kid=kid, actor=SYSTEM, origin=SYSTEM_ORIGIN, now=NOW + timedelta(seconds=10))
    printed = export(tmp_path / "evidence.zip", *DAY)
    assert f"that key {kid} was reported as compromised at 2026-11-23T13:29:10.123456Z." in printed
    listed = json.loads(export(tmp_path / "again.zip", *DAY, "--json"))
    assert listed["compromised"] == {kid: "2026-11-23T13:29:10.123456Z"}


def test_key_under_which_nothing_of_the_bundle_stands_is_not_printed(log: None, tmp_path: Path) -> None:
    rotate_audit_key()
    seal_pending(now=NOW + timedelta(seconds=15))
    found = json.loads(export(tmp_path / "evidence.zip", *DAY, "--json"))
    assert found["thumbprints"] == [signer.get().key_id()]


def test_json_says_the_same_for_programs(log: None, tmp_path: Path) -> None:
    path = tmp_path / "evidence.zip"
    arguments = ("--action", "door.opened", "--without-personal", "--since", "1", "--checkpoint", "3")
    found: dict[str, Any] = json.loads(export(path, *DAY, *arguments, "--json"))
    assert (found["count"], found["checkpoint"], found["tree_size"]) == (8, 3, found["last_seal"])
    manifest = json.loads(unpacked(path)["manifest.json"])
    assert manifest["selection"] == {
        "actions": ["door.opened"],
        "from": "2026-11-23T00:00:00.000000Z",
        "to": "2026-11-24T00:00:00.000000Z",
    }
    assert manifest["personal"] is False
    (thumbprint,) = found["thumbprints"]
    assert run_verifier(path, f"--thumbprint={thumbprint}").code == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ["--from", "2026-11-24", "--to", "2026-11-23"],
        ["--from", "2026-11-23", "--to", "2026-11-23"],
        ["--from", "yesterday", "--to", "2026-11-23"],
        ["--from", "2026-11-23T10:00:00", "--to", "2026-11-24"],
        ["--from", "1969-12-31", "--to", "2026-11-23"],
        ["--from", "0001-01-01T00:00:00+10:00", "--to", "2026-11-23"],
        ["--from", "2026-02-30", "--to", "2026-11-23"],
        [*DAY, "--action", "Door opened"],
        [*DAY, "--action", "a" * 5000 + ".b"],
        [*DAY, "--since", "0"],
        [*DAY, "--since", "77"],
        [*DAY, "--checkpoint", "77"],
        [*DAY, "--checkpoint", "1", "--since", "2"],
        ["--from", "2026-11-23"],
    ],
)
def test_wrong_usage_writes_nothing(log: None, tmp_path: Path, arguments: list[str]) -> None:
    with pytest.raises(CommandError):
        export(tmp_path / "evidence.zip", *arguments)
    assert list(tmp_path.iterdir()) == []
    assert not AuditEvent.objects.filter(action="evidence.exported").exists()


@pytest.mark.parametrize("name", ["there.zip", "no/such/directory.zip"])
def test_file_that_cannot_be_written_is_named(log: None, tmp_path: Path, name: str) -> None:
    (tmp_path / "there.zip").write_bytes(b"kept")
    with pytest.raises(CommandError, match=name) as refused:
        export(tmp_path / name, *DAY)
    assert refused.value.returncode == 2
    assert (tmp_path / "there.zip").read_bytes() == b"kept"


def test_log_that_was_changed_is_not_given_out(log: None, tmp_path: Path) -> None:
    with triggers_dropped():
        run_sql("UPDATE audit_event SET outcome = 'refused'")
    with pytest.raises(CommandError, match=r"\(seal \d+\) was changed after it was sealed") as refused:
        export(tmp_path / "evidence.zip", *DAY)
    assert refused.value.returncode == 1


def test_time_with_an_offset_is_understood(log: None, tmp_path: Path) -> None:
    path = tmp_path / "evidence.zip"
    found = json.loads(
        export(path, "--from", "2026-11-23T14:29:00.125456+01:00", "--to", "2026-11-24", "--json")
    )
    assert (found["last_seal"] - found["first_seal"], found["count"]) == (6, 7)
