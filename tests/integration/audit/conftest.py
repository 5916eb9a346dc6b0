from collections.abc import Iterator

import pytest

from apps.audit.ports import signer
from tests.integration.audit.log_setup import LogTestSigner


@pytest.fixture(autouse=True)
def log_signer() -> Iterator[LogTestSigner]:
    key = LogTestSigner()
    with signer.replaced(key):
        yield key
