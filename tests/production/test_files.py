"""The files of docker/: what they must and must not say, checked without a container engine."""

import json
import os
import re
import secrets
import shutil
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml
from django.conf import settings

from tests.integration.whole_site.addresses import addresses_with
from tests.production.compose import DOCKER, compose, environment_of, services
from tests.production.installation import RUN_SECRETS, nginx_alone, nginx_says, sh_checks
from tests.services.environment import PROJECT_DIR
from tests.unit.identity.test_environment import SAFE

OURS = ("migrate", "web-1", "web-2", "worker", "beat")
SECRET = re.compile(rf"{RUN_SECRETS}/(\w+)")


def dockerfile() -> str:
    return (DOCKER / "Dockerfile").read_text(encoding="utf-8")


def instructions() -> list[tuple[str, str]]:
    """Of the Dockerfile, with continued lines joined."""
    lines = [line for line in dockerfile().replace("\\\n", " ").splitlines() if line and line[0] != "#"]
    return [(name, " ".join(rest.split())) for name, _, rest in (line.partition(" ") for line in lines)]


# The image -----------------------------------------------------------------------------------------------------------


def test_image_is_built_in_stages_and_runs_as_nobody_in_particular() -> None:
    found = instructions()
    assert [name for name, _ in found].count("FROM") == 2
    final = found[[position for position, (name, _) in enumerate(found) if name == "FROM"][-1] :]
    users = [value for name, value in final if name == "USER"]
    assert users == ["10001:10001"], "by number: Kubernetes cannot tell whether a name is root's"
    after_user = [name for name, _ in final[[name for name, _ in final].index("USER") :]]
    assert "RUN" not in after_user
    assert "COPY" not in after_user


def test_image_installs_what_is_locked_and_leaves_the_tools_behind() -> None:
    runs = [value for name, value in instructions() if name == "RUN"]
    installs = [run for run in runs if " install --" in run and "pip" in run and "require" in run]
    assert len(installs) == 1
    assert "--require-hashes" in installs[0]
    assert "--only-binary=:all:" in installs[0]
    final_runs = "\n".join(runs[1:])
    assert "rm -rf /usr/local/lib/python3.11/site-packages/*" in final_runs
    for tool in ("gcc", "build-essential", "apt-get", "curl", "wget", "git "):
        assert tool not in dockerfile().replace("no curl", "")


def test_image_holds_the_program_and_nothing_else() -> None:
    copied = [value for name, value in instructions() if name == "COPY" and "--from" not in value]
    sources = {part for value in copied for part in value.split()[:-1]}
    assert sources == {
        "requirements.txt",
        "manage.py",
        "identity",
        "apps",
        "templates",
        "static",
        "locale",
        "docker/entrypoint",
        "docker/healthcheck.py",
    }
    assert all((PROJECT_DIR / source).exists() for source in sources)
    # What would come along with a folder is kept out of the build's context.
    ignored = (PROJECT_DIR / ".dockerignore").read_text(encoding="utf-8").split()
    assert ignored[0] == "*"
    assert {"**/__pycache__", "**/*.pyc"} <= set(ignored)
    assert {line[1:] for line in ignored if line[0] == "!"} == sources


def test_folders_that_the_program_reads_are_in_the_image() -> None:
    needed: list[Any] = [*settings.TEMPLATES[0]["DIRS"], *settings.STATICFILES_DIRS]  # type: ignore[misc]  # a list
    needed += [path for path in settings.LOCALE_PATHS if Path(path).exists()]
    copied = {value.split()[0] for name, value in instructions() if name == "COPY"}
    assert {Path(path).relative_to(PROJECT_DIR).parts[0] for path in needed} <= copied


def test_image_says_how_to_tell_whether_it_is_well_and_how_to_stop_it() -> None:
    found = dict(instructions())
    assert "healthcheck.py" in found["HEALTHCHECK"]
    assert found["STOPSIGNAL"] == "SIGTERM"
    for name in ("ENTRYPOINT", "CMD"):
        assert found[name].startswith("["), "a shell in between would swallow the signal"


def test_python_of_the_image_is_the_one_that_is_tested() -> None:
    assert f"python:{sys.version_info.major}.{sys.version_info.minor}-slim" in dockerfile()


@pytest.mark.parametrize("script", ["entrypoint", "postgresql/roles.sh"])
def test_scripts_are_runnable_and_stop_at_the_first_error(script: str) -> None:
    path = DOCKER / script
    assert os.access(path, os.X_OK)
    assert path.read_text(encoding="utf-8").startswith("#!/bin/sh\n")
    assert "set -eu\n" in path.read_text(encoding="utf-8")
    assert not sh_checks(path)


def test_entrypoint_gives_way_to_what_it_starts() -> None:
    """So that the signal to stop reaches it."""
    text = (DOCKER / "entrypoint").read_text(encoding="utf-8")
    last_lines = re.findall(r"([^\n]+)\n\s+;;", text)
    assert len(last_lines) == 5
    assert all(line.strip().startswith("exec ") for line in last_lines)


# Compose -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", services())
def test_every_service_is_confined(name: str) -> None:
    service = services()[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "privileged" not in service
    assert service["logging"]["options"]["max-size"]
    limits = service["deploy"]["resources"]["limits"]
    assert set(limits) == {"cpus", "memory", "pids"}
    assert "healthcheck" in service or name.startswith("web-")
    allowed = {"CHOWN", "DAC_OVERRIDE", "FOWNER", "SETGID", "SETUID"} if name == "db" else set()
    assert set(service.get("cap_add", [])) == allowed


@pytest.mark.parametrize("name", services())
def test_images_have_a_version(name: str) -> None:
    image = services()[name]["image"]
    assert image == "gatehouse" or re.fullmatch(r"[\w/-]+:\d[\w.-]*", image)


def test_only_the_proxy_is_reachable_and_nothing_lies_where_it_can_be_reached() -> None:
    found = services()
    assert [name for name, service in found.items() if "ports" in service] == ["nginx"]
    networks = compose()["networks"]
    assert networks["inside"] == {"internal": True}
    assert networks["front"]["internal"] is True
    for name in ("db", "redis"):
        assert list(found[name]["networks"]) == ["inside"]
    assert "inside" not in found["nginx"]["networks"]


def test_proxy_that_is_trusted_is_the_proxy() -> None:
    address = services()["nginx"]["networks"]["front"]["ipv4_address"]
    for name in OURS:
        assert environment_of(name, {"BASE_URL": ""})["TRUSTED_PROXIES"] == f"{address}/32"


def test_two_web_servers_stand_behind_it_one_worker_and_exactly_one_clock() -> None:
    roles = [tuple(services()[name]["command"]) for name in OURS]
    assert roles == [("migrate",), ("web",), ("web",), ("worker",), ("beat",)]
    for name in ("web-1", "web-2", "worker", "beat"):
        assert services()[name]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}
        assert "replicas" not in services()[name]["deploy"]


def test_secrets_come_from_files_each_to_whom_needs_it() -> None:
    declared = compose()["secrets"]
    made = (DOCKER / "make_secrets.py").read_text(encoding="utf-8")
    for name in set(declared) - {"tls_certificate", "tls_key"}:
        assert f'"{name}"' in made
    for service, content in services().items():
        named = set(SECRET.findall(yaml.safe_dump(content)))
        if service == "db":
            named |= {"owner_password", "serving_password"}  # read by roles.sh
        if service == "nginx":
            template = (DOCKER / "nginx" / "gatehouse.conf.template").read_text(encoding="utf-8")
            named = set(SECRET.findall(template))
        assert set(content.get("secrets", [])) - {"email_url"} == named, service
    for name in ("web-1", "web-2", "worker", "beat", "nginx"):
        assert not {"owner_database_url", "owner_password", "postgres_password"} & set(
            services()[name]["secrets"]
        )


@pytest.mark.parametrize("name", OURS)
def test_environment_lacks_nothing_and_holds_no_secret(name: str) -> None:
    found = environment_of(name, {"BASE_URL": "https://login.example.com"})
    given = {variable.removesuffix("_FILE") for variable in found} | {"AUDIT_WITNESS_FILE"}
    assert set(SAFE) <= given
    for variable, value in found.items():
        if variable.endswith("_FILE") and variable not in {"AUDIT_WITNESS_FILE", "EMAIL_URL_FILE"}:
            assert value.startswith(f"{RUN_SECRETS}/")
    for secret in ("SECRET_KEY", "FIELD_ENCRYPTION_KEYS", "DATABASE_URL", "REDIS_URL", "METRICS_TOKEN"):
        assert secret not in found


def test_witness_is_written_by_those_who_seal_and_is_not_the_databases() -> None:
    found = services()
    assert found["worker"]["volumes"] == ["witness:/var/lib/gatehouse"]
    for name in ("web-1", "web-2"):
        assert found[name]["volumes"] == ["witness:/var/lib/gatehouse:ro"]
    assert not [volume for volume in found["db"]["volumes"] if "witness" in volume]


def test_example_names_every_variable_that_must_be_set() -> None:
    text = (DOCKER / "compose.yaml").read_text(encoding="utf-8")
    demanded = set(re.findall(r"\$\{(\w+):\?", text))
    example = (DOCKER / "example.env").read_text(encoding="utf-8")
    assert demanded <= set(re.findall(r"^(\w+)=", example, re.MULTILINE))


def test_compose_accepts_its_file_where_it_is_there() -> None:
    """The client alone says so; that nothing else is checked where it is not there is why the tests above exist."""
    client = shutil.which("docker")
    asked = [str(client), "compose", "version"]
    if client is None or subprocess.run(asked, capture_output=True, check=False).returncode:
        return
    done = subprocess.run(
        [client, "compose", "-f", str(DOCKER / "compose.yaml"), "config", "--quiet"],
        env={**os.environ, "BASE_URL": "https://login.example.com", "SERVER_NAME": "login.example.com"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


# Secrets -------------------------------------------------------------------------------------------------------------


def made(directory: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(DOCKER / "make_secrets.py"), "--directory", str(directory)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_secrets_are_made_once_and_never_replaced(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    assert made(folder).returncode == 0
    before = {path.name: path.read_text() for path in folder.iterdir()}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert set(before) == set(compose()["secrets"]) - {"tls_certificate", "tls_key"}
    again = made(folder)
    assert again.returncode == 1
    assert "already" in again.stderr
    assert {path.name: path.read_text() for path in folder.iterdir()} == before
    for content in before.values():
        assert content.strip() not in again.stdout + again.stderr


def test_secrets_are_never_committed_or_sent_along() -> None:
    assert "/docker/secrets/" in (PROJECT_DIR / ".gitignore").read_text(encoding="utf-8").split()
    assert "!docker" not in (PROJECT_DIR / ".dockerignore").read_text(encoding="utf-8").split()


# nginx ---------------------------------------------------------------------------------------------------------------


def template() -> str:
    return (DOCKER / "nginx" / "gatehouse.conf.template").read_text(encoding="utf-8")


def test_nginx_accepts_its_file(tmp_path: Path) -> None:
    said = nginx_says(tmp_path)
    assert "test is successful" in said
    assert "[warn]" not in said
    assert "[emerg]" not in said


def test_nginx_writes_no_token_of_a_one_time_link_into_its_logs(tmp_path: Path) -> None:
    token = secrets.token_urlsafe(32)
    addresses = ["/account/nothing-secret", *addresses_with(token)]
    with nginx_alone(tmp_path) as base_url, requests.Session() as http:
        http.trust_env = False
        http.verify = str(tmp_path / "secrets" / "tls_certificate")
        for address in addresses:
            assert http.get(f"{base_url}{address}?state=secret", timeout=10).status_code == 502
    written = [json.loads(line) for line in (tmp_path / "access.log").read_text().splitlines()]
    assert [line["path"] for line in written] == [address.replace(token, "-") for address in addresses]
    errors = (tmp_path / "error.log").read_text()
    assert "/account/nothing-secret" in errors
    assert token not in errors


def test_nginx_counts_an_ipv6_network_as_one(tmp_path: Path) -> None:
    first, *others = (
        "2001:db8:0:7::1",
        "2001:db8:0:7:ffff:ffff:ffff:ffff",
        "2001:db8:0:8::1",
        "2001:db8:0:9:a:b:c:d",
    )
    asked = [first, *others, "192.0.2.1", "192.0.2.2", "192.0.2.1"]
    changes = {
        "rate=50r/s": "rate=1r/m",
        "burst=200 nodelay": "nodelay",
        # Many clients on one machine.
        "server_tokens off;": "server_tokens off; set_real_ip_from 127.0.0.1; real_ip_header X-Claimed;",
    }
    with nginx_alone(tmp_path, changes) as base_url, requests.Session() as http:
        http.trust_env = False
        http.verify = str(tmp_path / "secrets" / "tls_certificate")
        answers = [
            http.get(f"{base_url}/", headers={"X-Claimed": address}, timeout=10).status_code
            for address in asked
        ]
    assert answers == [502, 429, 502, 502, 502, 502, 429]


def test_nginx_takes_bodies_as_large_as_the_largest_that_somebody_may_send() -> None:
    assert f"client_max_body_size {max(settings.BODY_LIMITS.values())};" in template()


def test_nginx_counts_the_requests_for_pages_and_not_those_of_machines() -> None:
    counted = re.search(r"map \$uri \$gatehouse_counted \{\s+~(\S+) \"\";", template())
    assert counted is not None
    probes = {"/health", "/readyz", "/metrics"}
    assert probes < set(settings.MACHINE_DOOR_PATHS)
    for path in {*settings.MACHINE_DOOR_PATHS, settings.STATIC_URL} - probes:
        assert re.match(counted[1], path), path
    for path in ("/", "/login/", "/admin/", "/oauth/authorize", "/account/password"):
        assert not re.match(counted[1], path), path


def test_nginx_knows_the_ports_and_names_of_compose() -> None:
    assert set(re.findall(r"server (web-\d+):8000", template())) == {"web-1", "web-2"}
    published = {port.rpartition(":")[2] for port in services()["nginx"]["ports"]}
    assert published == set(re.findall(r"listen (8\d{3})(?! default)[ ;]", template()))
    check: Any = services()["nginx"]["healthcheck"]["test"]
    assert f"listen {check[-1].removeprefix('http://').strip('/')};" in template()


def test_prometheus_asks_the_web_servers_of_compose() -> None:
    asked = yaml.safe_load((DOCKER / "prometheus" / "prometheus.yml").read_text(encoding="utf-8"))
    targets = asked["scrape_configs"][0]["static_configs"][0]["targets"]
    assert targets == [f"{name}:8000" for name in OURS if name.startswith("web-")]
