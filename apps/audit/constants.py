"""Sizes and words that are part of the stored format: changing one is a migration of the log."""

HASH_BYTES = 32
SALT_BYTES = 32
GENESIS_HASH = bytes(HASH_BYTES)
SIGNATURE_ALGORITHM = "Ed25519"
"""What signs checkpoints. The signed text does not name it, so that the column beside it must say this."""
MAX_NUMBER = 2**63 - 1
"""The largest number that a seal or checkpoint can have."""

ACTION_LENGTH = 64
OUTCOME_LENGTH = 16
KIND_LENGTH = 32
ID_LENGTH = 255
REQUEST_ID_LENGTH = 64
TEXT_LIMIT = 4096
"""Longest string kept inside details and personal values; a hostile request cannot bloat the log."""
