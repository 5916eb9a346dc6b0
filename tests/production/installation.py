"""A whole installation, started by hand as docker/compose.yaml starts it: same commands, same environment, same files.

What differs is only where things are: addresses and the folder of the secrets.
"""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

import redis
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.production.compose import DOCKER, environment_of, services
from tests.services.environment import DEPLOYMENT_VARIABLES, PROJECT_DIR
from tests.services.postgresql import Cluster, create_database, start_cluster
from tests.services.process import Service, ServiceError, answers, free_port, start
from tools.system_packages import NGINX, REDIS, Program

NAME = "localhost"
RUN_SECRETS = "/run/secrets"
TIMEOUT = 120


@dataclass
class Installation:
    directory: Path
    base_url: str
    ports: dict[str, int]
    env: dict[str, dict[str, str]]
    cluster: Cluster
    running: dict[str, Service] = field(default_factory=dict)

    @property
    def certificate(self) -> str:
        return str(self.secrets / "tls_certificate")

    @property
    def secrets(self) -> Path:
        return self.directory / "secrets"

    def secret(self, name: str) -> str:
        return (self.secrets / name).read_text(encoding="utf-8").strip()

    def command(self, *arguments: str, service: str = "worker", input: str = "") -> str:
        """What `docker compose run SERVICE ARGUMENTS` prints. Raises: ServiceError."""
        done = subprocess.run(
            [str(DOCKER / "entrypoint"), *arguments],
            env=self.env[service],
            input=input,
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            check=False,
        )
        if done.returncode:
            raise ServiceError(f"{arguments} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
        return done.stdout

    def start(self, name: str, command: Sequence[str] = ()) -> Service:
        """The service as compose.yaml has it, unless another command is to take its place."""
        self.running[name] = start(
            name,
            command or [str(DOCKER / "entrypoint"), *services()[name]["command"]],
            log=self.directory / f"{name}.log",
            env=self.env[name],
        )
        return self.running[name]

    def is_healthy(self, name: str) -> bool:
        """What the image's own HEALTHCHECK says."""
        checked = [sys.executable, str(DOCKER / "healthcheck.py")]
        return subprocess.run(checked, env=self.env[name], capture_output=True, check=False).returncode == 0

    def start_redis(self) -> None:
        server, *arguments = services()["redis"]["command"]
        assert server == REDIS.names[0]
        found = [argument.replace(RUN_SECRETS, str(self.secrets)) for argument in arguments]
        found[found.index("--dir") + 1] = str(self.directory)
        where = ["--bind", "127.0.0.1", "--port", str(self.ports["redis"])]
        self.running["redis"] = start(
            "Redis", [program(REDIS), *found, *where], log=self.directory / "redis.log"
        )
        self.running["redis"].wait_until(lambda: _cache_answers(self.secret("redis_url")))

    def stop(self) -> None:
        for service in self.running.values():
            if service.process.poll() is None:
                service.process.terminate()
        for service in self.running.values():
            service.stop()
            # Whatever of it did not end with its first process.
            with suppress(ProcessLookupError):
                os.killpg(service.process.pid, signal.SIGKILL)

    def kill(self, name: str) -> None:
        """All of its processes at once, without a word; when it returns, nobody takes a connection there any more."""
        os.killpg(self.running[name].process.pid, signal.SIGKILL)
        self.running[name].process.wait(20)
        deadline = time.monotonic() + 20
        # Its first process may be gone before the others are: what they took would be lost with them.
        while name in self.ports and answers(self.ports[name]):
            if time.monotonic() > deadline:
                raise ServiceError(f"{name} was killed and still takes connections")
            time.sleep(0.05)


def program(needed: Program) -> str:
    found = needed.path()
    if found is None:
        raise ServiceError(f"{needed.names[0]} is not installed (Debian package {needed.debian_packages[0]})")
    return found


def make_certificate(secrets: Path) -> None:
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    names = x509.SubjectAlternativeName([x509.DNSName(NAME), x509.IPAddress(ip_address("127.0.0.1"))])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=2))
        .add_extension(names, critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (secrets / "tls_certificate").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (secrets / "tls_key").write_bytes(private)


def make_secrets(secrets: Path) -> None:
    made = [sys.executable, str(DOCKER / "make_secrets.py"), "--directory", str(secrets)]
    subprocess.run(made, check=True, capture_output=True)
    make_certificate(secrets)


def nginx_configuration(directory: Path, ports: dict[str, int]) -> Path:
    """The file of docker/nginx, included as nginx's image includes it, with other addresses."""
    text = (DOCKER / "nginx" / "gatehouse.conf.template").read_text(encoding="utf-8")
    replaced = {
        "${SERVER_NAME}": NAME,
        RUN_SECRETS: str(directory / "secrets"),
        "web-1:8000": f"127.0.0.1:{ports['web-1']}",
        "web-2:8000": f"127.0.0.1:{ports['web-2']}",
        "listen 8443": f"listen 127.0.0.1:{ports['https']}",
        "listen 8080": f"listen 127.0.0.1:{ports['http']}",
        "127.0.0.1:8081": f"127.0.0.1:{ports['status']}",
        "/dev/stdout": str(directory / "access.log"),
        "/dev/stderr": str(directory / "error.log"),
    }
    for before, after in replaced.items():
        assert before in text, before
        text = text.replace(before, after)
    (directory / "gatehouse.conf").write_text(text, encoding="utf-8")
    folders = "\n".join(
        f"{kind}_temp_path {directory}/{kind};"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    whole = directory / "nginx.conf"
    whole.write_text(
        f"daemon off; pid {directory}/nginx.pid; error_log {directory}/error.log warn; worker_processes 2;\n"
        f"{'user root;' if os.geteuid() == 0 else ''}\nevents {{ worker_connections 512; }}\n"
        f"http {{ {folders}\ninclude {directory}/gatehouse.conf; }}\n",
        encoding="utf-8",
    )
    return whole


def _move_addresses(secrets: Path, *, database: str, cache_port: int) -> None:
    place = urlsplit(database)
    moved = {
        "owner_database_url": ("db:5432", f"127.0.0.1:{place.port}"),
        "database_url": ("db:5432", f"127.0.0.1:{place.port}"),
        "redis_url": ("redis:6379", f"127.0.0.1:{cache_port}"),
    }
    for name, (before, after) in moved.items():
        path = secrets / name
        text = path.read_text(encoding="utf-8")
        assert before in text, name
        path.chmod(0o600)
        path.write_text(text.replace(before, after), encoding="utf-8")


def collect_static_files(directory: Path) -> None:
    """As the image is built."""
    made = [sys.executable, str(PROJECT_DIR / "manage.py"), "collectstatic", "--no-input", "--verbosity", "0"]
    build = {"EMBEDDED": "yes", "DATA_DIR": str(directory / "build"), "STATIC_DIR": str(directory / "static")}
    kept = {key: value for key, value in os.environ.items() if key not in DEPLOYMENT_VARIABLES}
    subprocess.run(made, env=kept | build, check=True, capture_output=True)


def _make_roles(server_url: str, secrets: Path) -> None:
    """As PostgreSQL's image does with what lies in docker-entrypoint-initdb.d."""
    place = urlsplit(server_url)
    done = subprocess.run(
        [str(DOCKER / "postgresql" / "roles.sh")],
        env={
            "PATH": os.environ["PATH"],
            "PGHOST": "127.0.0.1",
            "PGPORT": str(place.port),
            "PGPASSWORD": place.password or "",
            "POSTGRES_USER": "postgres",
            "POSTGRES_DB": "gatehouse",
            "SECRETS_DIR": str(secrets),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise ServiceError(done.stdout + done.stderr)


def _cache_answers(url: str) -> bool:
    with redis.Redis.from_url(url, socket_connect_timeout=1) as client:
        try:
            return bool(client.ping())
        except redis.ConnectionError:
            return False


def _environment(name: str, directory: Path, ports: dict[str, int], base_url: str) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if key not in DEPLOYMENT_VARIABLES}
    for key in ("EMBEDDED", "RATE_LIMIT_PERCENT", "DATA_DIR"):
        kept.pop(key, None)
    found = environment_of(name, {"BASE_URL": base_url})
    moved = {
        key: value.replace(RUN_SECRETS, str(directory / "secrets"))
        .replace("/var/lib/gatehouse", str(directory / "witness"))
        .replace("172.30.83.10/32", "127.0.0.1/32")
        for key, value in found.items()
    }
    return {
        **kept,
        **moved,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "BIND": "127.0.0.1",
        "STATIC_DIR": str(directory / "static"),
        "PORT": str(ports.get(name, 8000)),
    }


@contextmanager
def running_installation(
    directory: Path,
    *,
    more_environment: Mapping[str, str] | None = None,
    commands: Mapping[str, Sequence[str]] | None = None,
) -> Iterator[Installation]:
    """`commands` take the place of those in compose.yaml, by the name of their service."""
    with ExitStack() as undo:
        cluster = start_cluster(superuser="postgres", keeps_commits=True)
        undo.callback(cluster.stop)
        (directory / "witness").mkdir()
        make_secrets(directory / "secrets")
        collect_static_files(directory)
        names = ("web-1", "web-2", "https", "http", "status", "redis")
        ports = {name: free_port() for name in names}
        database = create_database(cluster.url, "gatehouse")
        _move_addresses(directory / "secrets", database=database, cache_port=ports["redis"])
        _make_roles(cluster.url, directory / "secrets")
        base_url = f"https://{NAME}:{ports['https']}"
        ours = ("migrate", "web-1", "web-2", "worker", "beat")
        env = {
            name: _environment(name, directory, ports, base_url) | dict(more_environment or {})
            for name in ours
        }
        found = Installation(directory, base_url, ports, env, cluster)
        undo.callback(found.stop)
        found.start_redis()
        found.command(*services()["migrate"]["command"], service="migrate")
        for name in ours[1:]:
            found.start(name, (commands or {}).get(name, ()))
        for name in ("web-1", "web-2"):
            found.running[name].wait_until(_healthy(found, name), timeout_seconds=TIMEOUT)
        found.running["nginx"] = start_nginx(directory, ports)
        yield found


def _healthy(installation: Installation, name: str) -> Callable[[], bool]:
    return lambda: installation.is_healthy(name)


def start_nginx(directory: Path, ports: dict[str, int], changes: Mapping[str, str] | None = None) -> Service:
    configuration = nginx_configuration(directory, ports)
    included = directory / "gatehouse.conf"
    for before, after in (changes or {}).items():
        text = included.read_text(encoding="utf-8")
        assert before in text, before
        included.write_text(text.replace(before, after), encoding="utf-8")
    nginx = start("nginx", [program(NGINX), "-c", str(configuration)], log=directory / "nginx.log")
    nginx.wait_until(lambda: answers(ports["https"]))
    return nginx


@contextmanager
def nginx_alone(directory: Path, changes: Mapping[str, str] | None = None) -> Iterator[str]:
    """Its address. Behind it nobody listens: whatever is asked of it is an error of its upstream."""
    ports = _ports_of_nginx(directory)
    nginx = start_nginx(directory, ports, changes)
    try:
        yield f"https://{NAME}:{ports['https']}"
    finally:
        nginx.stop()


def _ports_of_nginx(directory: Path) -> dict[str, int]:
    (directory / "secrets").mkdir()
    make_certificate(directory / "secrets")
    return {name: free_port() for name in ("web-1", "web-2", "https", "http", "status")}


def nginx_says(directory: Path) -> str:
    """What `nginx -t` says of the file in docker/nginx."""
    whole = nginx_configuration(directory, _ports_of_nginx(directory))
    done = subprocess.run(
        [program(NGINX), "-t", "-c", str(whole)], capture_output=True, text=True, check=False
    )
    return done.stderr


def sh_checks(script: Path) -> str:
    """What the shell says of a script that it reads and does not run."""
    shell = shutil.which("dash") or "/bin/sh"
    return subprocess.run([shell, "-n", str(script)], capture_output=True, text=True, check=False).stderr
