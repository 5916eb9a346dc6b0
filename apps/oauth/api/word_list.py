"""Lists that are kept as words in one column."""

from typing import Any

from rest_framework import serializers


class WordList(serializers.ListField):
    child = serializers.CharField()

    def to_representation(self, data: Any) -> list[str]:
        return str(data).split()
