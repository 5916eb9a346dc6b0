"""A database of places with a few made-up networks, in MaxMind's format."""

from pathlib import Path

from mmdb_writer import MMDBWriter
from netaddr import IPSet

ZURICH, NOWHERE = "203.0.113.7", "198.51.100.9"
"""Addresses that the database knows with a city, and not at all."""
ONLY_A_COUNTRY = "192.0.2.44"


def write_places(path: Path, *, city: str = "Zürich") -> Path:
    writer = MMDBWriter(ip_version=6, ipv4_compatible=True, database_type="Test-City")
    swiss = {"iso_code": "CH", "names": {"en": "Switzerland", "de": "Schweiz"}}
    writer.insert_network(
        IPSet(["203.0.113.0/24"]), {"city": {"names": {"en": city, "de": city}}, "country": swiss}
    )
    writer.insert_network(IPSet(["192.0.2.0/24"]), {"country": swiss})
    writer.to_db_file(str(path))
    return path
