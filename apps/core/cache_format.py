"""How values lie in the shared cache: as JSON, because whoever can write there must not run code here."""

import json


class JsonFormat:
    """What Django's Redis cache asks for. Whole numbers stay bare, so that Redis can count them."""

    def dumps(self, value: object) -> int | bytes:
        return value if type(value) is int else json.dumps(value).encode()

    def loads(self, stored: bytes) -> object:
        """Raises: ValueError for what is no JSON."""
        return json.loads(stored)
