"""What a person reads once everything runs."""

from examples.launcher.plan import Demonstration, Plan

PEOPLE_SHOWN = 6


def announcement(plan: Plan, demonstration: Demonstration) -> str:
    addresses = [
        *_sample_application(plan, demonstration),
        ("Portal", f"{plan.issuer}/", "where people find their applications"),
        ("Administration", f"{plan.issuer}/admin/", "people, applications, the audit log"),
        *([("Mails", f"{plan.issuer}/mail/", "what would be sent is kept here")] if plan.keeps_mail else []),
    ]
    places = [("State", str(plan.data_dir), ""), ("Logs", str(plan.log_dir), "")]
    blocks = [
        ["Gatehouse is running. Press Ctrl-C to stop it."],
        _aligned(addresses),
        _people(demonstration),
        *_left_out(demonstration),
        _aligned(places),
    ]
    return _boxed([line for block in blocks for line in [*block, ""]][:-1])


def _sample_application(plan: Plan, demonstration: Demonstration) -> list[tuple[str, str, str]]:
    """By the name that it has by now; nobody is sent where nobody gets in."""
    client = demonstration.payroll
    if client is None:
        return []
    words = (
        f"start here: {client.application}"
        if client.is_enabled
        else f"{client.application}, disabled in the administration"
    )
    return [("Sample application", f"{plan.payroll_url}/", words)]


def _people(demonstration: Demonstration) -> list[str]:
    shown = [(p.username, p.password, p.role) for p in demonstration.people[:PEOPLE_SHOWN]]
    if not shown:
        return ["Nobody of the demonstration can sign in with its password any more."]
    return [
        "Sign in with one of these (demonstration only):",
        *_aligned([("USER", "PASSWORD", "ROLE"), *shown]),
    ]


def _left_out(demonstration: Demonstration) -> list[list[str]]:
    """What of the demonstration is no longer as it was made."""
    changed = [(w.username, w.reason, "") for w in demonstration.withheld[:PEOPLE_SHOWN]]
    samples = {"Acme Payroll": demonstration.payroll, "Acme Payroll API": demonstration.api}
    changed += [
        (name, "not started: its client was deleted or has no secret", "")
        for name, client in samples.items()
        if not client
    ]
    if not changed:
        return []
    return [["Changed since the demonstration was set up:", *_aligned(changed)]]


def _aligned(rows: list[tuple[str, str, str]]) -> list[str]:
    first, second = (max(len(row[column]) for row in rows) for column in (0, 1))
    return [f"  {row[0]:<{first}}  {row[1]:<{second}}  {row[2]}".rstrip() for row in rows]


def _boxed(lines: list[str]) -> str:
    width = max(map(len, lines))
    edge = "-" * (width + 2)
    return "\n".join([f"+{edge}+", *(f"| {line:<{width}} |" for line in lines), f"+{edge}+"])
