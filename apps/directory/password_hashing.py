"""Argon2id with the parameters that the settings name. Spec: RFC 9106; OWASP Password Storage Cheat Sheet."""

from django.conf import settings
from django.contrib.auth.hashers import Argon2PasswordHasher


class OwaspArgon2Hasher(Argon2PasswordHasher):
    """A hash made with other parameters is upgraded at the next sign-in, as Django does for every hasher."""

    memory_cost = settings.ARGON2["memory_kib"]
    time_cost = settings.ARGON2["passes"]
    parallelism = settings.ARGON2["lanes"]
