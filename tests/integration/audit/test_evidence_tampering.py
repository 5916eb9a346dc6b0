"""Each way to tamper with a bundle, by somebody without the log's key and by somebody who has it."""

import base64
import hashlib
import io
import json
import struct
import warnings
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.audit import gatehouse_verify
from apps.audit.canonical import canonical_json, personal_commitment
from apps.audit.services.sealing import seal_pending
from tests.integration.audit.evidence_setup import (
    Files,
    Verdict,
    export,
    jwk_of,
    lines_of,
    note_of,
    pack,
    run_verifier,
    signed_again,
)
from tests.integration.audit.log_setup import NOW, LogTestSigner, record_many

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(seconds=5)


@pytest.fixture
def files(tmp_path: Path, log_signer: LogTestSigner) -> Files:
    """The events 3 to 9 of eleven, under the last of three checkpoints, with a proof from the first."""
    recorded = record_many(11)
    seal_pending(now=LATER, batch_size=4)
    (tmp_path / "key.json").write_text(json.dumps(jwk_of(log_signer.private_key)))
    start, end = recorded[2].occurred_at, recorded[9].occurred_at
    return export(tmp_path / "evidence.zip", start=start, end=end, since_number=1)


@pytest.fixture
def verify(tmp_path: Path) -> Callable[[Files], Verdict]:
    def packed_and_verified(files: Files) -> Verdict:
        pack(tmp_path / "tampered.zip", files)
        return run_verifier(tmp_path / "tampered.zip", "--key", tmp_path / "key.json")

    return packed_and_verified


def test_bundle_that_was_only_packed_again_verifies(
    files: Files, verify: Callable[[Files], Verdict], log_signer: LogTestSigner
) -> None:
    assert verify(files).code == 0
    assert verify(signed_again(files, log_signer.private_key)).code == 0


@pytest.mark.parametrize("name", sorted(gatehouse_verify.KNOWN))
def test_one_bit_changed_in_any_file_is_found_and_the_file_named(
    files: Files, verify: Callable[[Files], Verdict], name: str
) -> None:
    content = bytearray(files[name])
    content[len(content) // 2] ^= 1
    verdict = verify({**files, name: bytes(content)})
    assert verdict.code == 1
    assert name in verdict.first_line


@pytest.mark.parametrize("name", sorted(gatehouse_verify.KNOWN))
def test_file_that_is_missing_is_named(files: Files, verify: Callable[[Files], Verdict], name: str) -> None:
    verdict = verify({other: content for other, content in files.items() if other != name})
    assert (verdict.code, name in verdict.first_line) == (1, True), verdict.text


# By somebody who has the key, or made the manifest fit in another way ---------------------------------------------


def without_line(content: bytes, place: int) -> bytes:
    lines = lines_of(content)
    return b"".join(lines[:place] + lines[place + 1 :])


def swapped(content: bytes, place: int) -> bytes:
    lines = lines_of(content)
    lines[place], lines[place + 1] = lines[place + 1], lines[place]
    return b"".join(lines)


def replaced_line(content: bytes, place: int, line: bytes) -> bytes:
    lines = lines_of(content)
    lines[place] = line
    return b"".join(lines)


def event_removed(files: Files) -> Files:
    return {**files, "events.jsonl": without_line(files["events.jsonl"], 2)}


def event_and_seal_removed(files: Files) -> Files:
    return {**event_removed(files), "seals.jsonl": without_line(files["seals.jsonl"], 2)}


def first_event_and_seal_removed(files: Files) -> Files:
    return {name: without_line(files[name], 0) for name in ("events.jsonl", "seals.jsonl")}


def last_seal_removed(files: Files) -> Files:
    return {"seals.jsonl": without_line(files["seals.jsonl"], 6)}


def seal_added(files: Files) -> Files:
    return {"seals.jsonl": files["seals.jsonl"] + lines_of(files["seals.jsonl"])[0]}


def events_reordered(files: Files) -> Files:
    return {"events.jsonl": swapped(files["events.jsonl"], 3)}


def events_and_seals_reordered(files: Files) -> Files:
    return {name: swapped(files[name], 3) for name in ("events.jsonl", "seals.jsonl")}


def other_event(files: Files, **changes: object) -> bytes:
    event = json.loads(lines_of(files["events.jsonl"])[4]) | changes
    return canonical_json(event) + b"\n"


def other_seal(files: Files, **changes: object) -> bytes:
    return canonical_json(json.loads(lines_of(files["seals.jsonl"])[4]) | changes) + b"\n"


def event_replaced(files: Files) -> Files:
    line = other_event(files, outcome="refused")
    return {"events.jsonl": replaced_line(files["events.jsonl"], 4, line)}


def event_replaced_with_its_leaf(files: Files) -> Files:
    line = other_event(files, outcome="refused")
    leaf = hashlib.sha256(b"\x00" + line[:-1]).hexdigest()
    seals = replaced_line(files["seals.jsonl"], 4, other_seal(files, leaf=leaf))
    return {**event_replaced(files), "seals.jsonl": seals}


def event_out_of_canonical_form(files: Files) -> Files:
    line = lines_of(files["events.jsonl"])[4].replace(b'{"action"', b'{ "action"', 1)
    leaf = hashlib.sha256(b"\x00" + line[:-1]).hexdigest()
    seals = replaced_line(files["seals.jsonl"], 4, other_seal(files, leaf=leaf))
    return {"events.jsonl": replaced_line(files["events.jsonl"], 4, line), "seals.jsonl": seals}


def name_twice(files: Files) -> Files:
    line = lines_of(files["events.jsonl"])[4].replace(b'{"action"', b'{"action":"x.y","action"', 1)
    leaf = hashlib.sha256(b"\x00" + line[:-1]).hexdigest()
    seals = replaced_line(files["seals.jsonl"], 4, other_seal(files, leaf=leaf))
    return {"events.jsonl": replaced_line(files["events.jsonl"], 4, line), "seals.jsonl": seals}


def personal_replaced(files: Files) -> Files:
    line = other_seal(files, personal={"actor_label": "mallory@example.com"})
    return {"seals.jsonl": replaced_line(files["seals.jsonl"], 4, line)}


def personal_replaced_with_the_commitment(files: Files) -> Files:
    personal = {"actor_label": "mallory@example.com"}
    commitment = personal_commitment(salt=bytes(32), personal=personal).hex()
    line = other_event(files, commitment=commitment)
    leaf = hashlib.sha256(b"\x00" + line[:-1]).hexdigest()
    seal = other_seal(files, personal=personal, salt=bytes(32).hex(), leaf=leaf)
    return {
        "events.jsonl": replaced_line(files["events.jsonl"], 4, line),
        "seals.jsonl": replaced_line(files["seals.jsonl"], 4, seal),
    }


def salt_replaced(files: Files) -> Files:
    line = other_seal(files, salt=bytes(32).hex())
    return {"seals.jsonl": replaced_line(files["seals.jsonl"], 4, line)}


def personal_withheld(files: Files) -> Files:
    line = other_seal(files, state="withheld")
    seal = {name: value for name, value in json.loads(line).items() if name not in ("personal", "salt")}
    return {"seals.jsonl": replaced_line(files["seals.jsonl"], 4, canonical_json(seal) + b"\n")}


def seal_number_moved(files: Files) -> Files:
    seals = [json.loads(line) for line in lines_of(files["seals.jsonl"])]
    moved = [canonical_json(seal | {"seal": seal["seal"] + 1}) + b"\n" for seal in seals]
    return {"seals.jsonl": b"".join(moved)}


def seal_number_beyond(files: Files) -> Files:
    return {"seals.jsonl": replaced_line(files["seals.jsonl"], 6, other_seal(files, seal=12))}


def inclusion_hash_changed(files: Files) -> Files:
    return {"inclusion.txt": replaced_line(files["inclusion.txt"], 0, b"ab" * 32 + b"\n")}


def inclusion_hash_removed(files: Files) -> Files:
    return {"inclusion.txt": without_line(files["inclusion.txt"], 1)}


def inclusion_hash_added(files: Files) -> Files:
    return {"inclusion.txt": files["inclusion.txt"] + b"ab" * 32 + b"\n"}


def consistency_hash_changed(files: Files) -> Files:
    return {"consistency.txt": replaced_line(files["consistency.txt"], 0, b"ab" * 32 + b"\n")}


def checkpoints_exchanged(files: Files) -> Files:
    return {"checkpoint.note": files["since.note"], "since.note": files["checkpoint.note"]}


def earlier_checkpoint(files: Files) -> Files:
    return {"checkpoint.note": files["since.note"]}


def not_utf8(files: Files) -> Files:
    return {"events.jsonl": b"\xff\xfe" + files["events.jsonl"]}


def bottomless(files: Files) -> Files:
    line = b"[" * 200_000 + b"\n"
    return {"seals.jsonl": replaced_line(files["seals.jsonl"], 0, line)}


def endless_line(files: Files) -> Files:
    return {"events.jsonl": b" " * (9 << 20) + b"\n"}


def no_last_line_feed(files: Files) -> Files:
    return {"events.jsonl": files["events.jsonl"][:-1]}


TAMPERINGS: list[tuple[Callable[[Files], Files], str]] = [
    (event_removed, "does not give its leaf hash"),
    (event_and_seal_removed, "between the seals 4 and 6 events were left out"),
    (first_event_and_seal_removed, "inclusion.txt does not fit the events: it ends too early"),
    (last_seal_removed, "fewer lines"),
    (seal_added, "more lines"),
    (events_reordered, "the event at seal 6 does not give its leaf hash"),
    (events_and_seals_reordered, "between the seals 5 and 7"),
    (event_replaced, "the event at seal 7 does not give its leaf hash"),
    (event_replaced_with_its_leaf, "do not lead to the root"),
    (event_out_of_canonical_form, "the event at seal 7 is not in canonical form"),
    (name_twice, "the event at seal 7 is not the JSON that it should be"),
    (personal_replaced, "the personal values at seal 7 are not those"),
    (personal_replaced_with_the_commitment, "do not lead to the root"),
    (salt_replaced, "the personal values at seal 7 are not those"),
    (personal_withheld, "seal 7 withholds personal values although"),
    (seal_number_moved, "do not lead to the root"),
    (seal_number_beyond, "names no seal number under the checkpoint"),
    (inclusion_hash_changed, "do not lead to the root"),
    (inclusion_hash_removed, "inclusion.txt"),
    (inclusion_hash_added, "inclusion.txt does not fit the events: it holds more"),
    (consistency_hash_changed, "checkpoint 3 does not go on from checkpoint 1"),
    (checkpoints_exchanged, "checkpoint 1 does not go on from checkpoint 3"),
    (earlier_checkpoint, "checkpoint 1 does not go on from checkpoint 1"),
    (not_utf8, "the event at seal 3 does not give its leaf hash"),
    (bottomless, "line 1 of seals.jsonl is not the JSON that it should be"),
    (endless_line, "a line that is too long"),
    (no_last_line_feed, "does not end in a line feed"),
]


@pytest.mark.parametrize(("tamper", "words"), TAMPERINGS, ids=[tamper.__name__ for tamper, _ in TAMPERINGS])
def test_what_was_changed_is_named_although_the_manifest_fits(
    files: Files,
    verify: Callable[[Files], Verdict],
    log_signer: LogTestSigner,
    tamper: Callable[[Files], Files],
    words: str,
) -> None:
    verdict = verify(signed_again({**files, **tamper(files)}, log_signer.private_key))
    assert verdict.code == 1, verdict.text
    assert verdict.first_line.startswith("WRONG: ")
    assert words in verdict.first_line, verdict.first_line


MANIFESTS: list[tuple[dict[str, object], str]] = [
    ({"events": {"beside": 0, "count": 8, "first_seal": 3, "last_seal": 9}}, "counts other events"),
    ({"personal": False}, "shows personal values although"),
    ({"format": "gatehouse-evidence/2"}, "of the format gatehouse-evidence/1"),
    ({"selection": {"from": "x", "to": "y", "actions": []}}, "does not say what was selected"),
    (
        {
            "selection": {
                "from": "2026-11-23T00:00:00.000000Z",
                "to": "2026-11-24T00:00:00.000000Z",
                "actions": ["token.issued"],
            }
        },
        "none of those that the manifest selects",
    ),
]


@pytest.mark.parametrize(("changes", "words"), MANIFESTS)
def test_manifest_that_claims_something_else_is_found(
    files: Files,
    verify: Callable[[Files], Verdict],
    log_signer: LogTestSigner,
    changes: dict[str, object],
    words: str,
) -> None:
    verdict = verify(signed_again(files, log_signer.private_key, **changes))
    assert (verdict.code, words in verdict.first_line) == (1, True), verdict.first_line


def test_edited_manifest_is_not_the_one_that_was_signed(
    files: Files, verify: Callable[[Files], Verdict]
) -> None:
    manifest = json.loads(files["manifest.json"])
    manifest["personal"] = False
    verdict = verify({**files, "manifest.json": json.dumps(manifest).encode()})
    assert (verdict.code, verdict.first_line) == (
        1,
        "WRONG: manifest.json is not the one that was signed.",
    )


def checkpoint_text(origin: str, size: int = 11) -> str:
    root = base64.b64encode(b"r" * 32).decode()
    return f"{origin}\n{size}\n{root}\nnumber 3\nprevious {root}\nsealed-at 2026-11-23T13:29:05.000000Z\n"


@pytest.mark.parametrize(
    ("origin", "words"),
    [("other.example.com/audit", "of another log"), ("localhost:8000/audit", "does not go on")],
)
def test_checkpoint_of_another_log_is_found_although_the_same_key_signed_it(
    files: Files,
    verify: Callable[[Files], Verdict],
    log_signer: LogTestSigner,
    origin: str,
    words: str,
) -> None:
    note = note_of(checkpoint_text(origin), name=origin, key=log_signer.private_key)
    verdict = verify(signed_again({**files, "checkpoint.note": note}, log_signer.private_key))
    assert (verdict.code, words in verdict.first_line) == (1, True), verdict.first_line


def test_checkpoint_does_not_pass_for_a_signed_manifest(
    files: Files, verify: Callable[[Files], Verdict]
) -> None:
    verdict = verify({**files, "manifest.note": files["checkpoint.note"]})
    assert (verdict.code, "not the one that was signed" in verdict.first_line) == (1, True)


def test_bundle_made_up_with_another_key_is_found_by_who_knows_the_key(
    files: Files, tmp_path: Path, verify: Callable[[Files], Verdict]
) -> None:
    key = Ed25519PrivateKey.generate()
    made_up = dict(files)
    for name in ("checkpoint.note", "since.note"):
        text = files[name].decode().rpartition("\n\n")[0] + "\n"
        made_up[name] = note_of(text, name="localhost:8000/audit", key=key)
    made_up["keys.json"] = json.dumps({"keys": [jwk_of(key)]}).encode()
    verdict = verify(signed_again(made_up, key))
    assert verdict.code == 1
    assert "a key that is not among those to be trusted" in verdict.first_line
    without_key = run_verifier(tmp_path / "tampered.zip")
    assert (without_key.code, without_key.first_line[:20]) == (0, "CONSISTENT IN ITSELF")
    assert "NO KEY GIVEN" in without_key.text


def test_checkpoint_that_the_auditor_kept_and_that_is_another_one_now_is_found(
    files: Files, tmp_path: Path, log_signer: LogTestSigner
) -> None:
    kept = tmp_path / "kept.note"
    text = checkpoint_text("localhost:8000/audit")
    kept.write_bytes(note_of(text, name="localhost:8000/audit", key=log_signer.private_key))
    verdict = run_verifier(tmp_path / "evidence.zip", "--earlier", kept)
    assert (verdict.code, "the log was replaced" in verdict.first_line) == (1, True)


# As hostile input -------------------------------------------------------------------------------------------------


def write_zip(path: Path, *entries: tuple[str, bytes]) -> None:
    with warnings.catch_warnings(), zipfile.ZipFile(path, "w") as bundle:
        warnings.simplefilter("ignore")  # a name twice is what is to be tried
        for name, content in entries:
            bundle.writestr(name, content)


@pytest.mark.parametrize("name", sorted(gatehouse_verify.KNOWN))
def test_name_that_is_there_twice_is_refused(files: Files, tmp_path: Path, name: str) -> None:
    write_zip(tmp_path / "twice.zip", *files.items(), (name, files[name]))
    verdict = run_verifier(tmp_path / "twice.zip")
    assert (verdict.code, verdict.first_line) == (1, f"WRONG: the bundle holds {name} twice.")


@pytest.mark.parametrize(
    "name", ["../evil", "/etc/passwd", "a/events.jsonl", "EVENTS.JSONL", "x\x1b[31m", "events.jsonl/", "é"]
)
def test_file_that_does_not_belong_there_is_refused_and_unpacked_nowhere(
    files: Files, tmp_path: Path, name: str
) -> None:
    directory = tmp_path / "here"
    directory.mkdir()
    write_zip(directory / "more.zip", *files.items(), (name, b"x"))
    verdict = run_verifier(directory / "more.zip")
    assert (verdict.code, "does not belong there" in verdict.first_line) == (1, True)
    assert "\x1b" not in verdict.text
    assert [entry.name for entry in directory.iterdir()] == ["more.zip"]


def test_huge_directory_is_refused_before_it_is_read(files: Files, tmp_path: Path) -> None:
    write_zip(tmp_path / "many.zip", *files.items(), *((f"x{number}", b"") for number in range(1000)))
    verdict = run_verifier(tmp_path / "many.zip")
    assert (verdict.code, verdict.first_line) == (1, "WRONG: the directory of the zip is too large.")


def test_small_file_that_unpacks_to_a_large_one_is_refused(
    files: Files, verify: Callable[[Files], Verdict]
) -> None:
    for name in ("keys.json", "manifest.json", "checkpoint.note", "consistency.txt"):
        verdict = verify({**files, name: b" " * (64 << 20)})
        assert verdict.code == 1
        assert name in verdict.first_line


def test_file_that_is_larger_than_its_directory_entry_says_is_refused(files: Files, tmp_path: Path) -> None:
    path = tmp_path / "lying.zip"
    write_zip(path, *files.items())
    content = bytearray(path.read_bytes())
    entry = content.index(b"PK\x01\x02")
    while content[entry + 46 : entry + 46 + 12] != b"events.jsonl":
        entry = content.index(b"PK\x01\x02", entry + 4)
    (size,) = struct.unpack_from("<L", content, entry + 24)
    struct.pack_into("<L", content, entry + 24, size - 10)
    path.write_bytes(bytes(content))
    assert run_verifier(path).code == 1


@pytest.mark.parametrize("content", [b"", b"PK", b"no zip at all" * 100, b"PK\x05\x06" + bytes(18)])
def test_what_is_no_bundle_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "evidence.zip").write_bytes(content)
    verdict = run_verifier(tmp_path / "evidence.zip")
    assert (verdict.code, verdict.first_line[:6]) == (1, "WRONG:")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
@given(data=st.data())
def test_bytes_changed_anywhere_in_the_zip_never_bring_the_verifier_down(
    files: Files, tmp_path: Path, data: st.DataObject
) -> None:
    content = bytearray((tmp_path / "evidence.zip").read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        bundle = gatehouse_verify.Bundle(io.BytesIO(content))
        result = gatehouse_verify.verify(bundle)
    except (gatehouse_verify.SomethingWrong, *gatehouse_verify.DAMAGED):
        return
    # What the zip says about its files, such as their date, is not part of what is proven.
    assert result.counts.events == 7
    assert all(b"".join(bundle.chunks(name)) == files[name] for name in files)


@pytest.mark.parametrize(
    "arguments", [[], ["/nowhere.zip"], ["--unknown"], ["/dev/zero"], ["/dev/stdin"], ["/"]]
)
def test_wrong_usage_exits_with_2(arguments: list[str]) -> None:
    assert run_verifier(*arguments).code == 2


def test_key_or_checkpoint_that_cannot_be_read_is_wrong_usage(files: Files, tmp_path: Path) -> None:
    bundle, odd = tmp_path / "evidence.zip", tmp_path / "odd"
    for content in (b"", b"{}", b'{"keys": 1}', b"\xff", b'{"kty": "OKP", "crv": "Ed25519", "x": "AA"}'):
        odd.write_bytes(content)
        for option in ("--key", "--earlier"):
            verdict = run_verifier(bundle, option, odd)
            assert verdict.code == 2, verdict.text
    assert run_verifier(bundle, "--key", "/nowhere").code == 2
