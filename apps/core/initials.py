"""The letters that stand for a name where a picture would."""


def initials(name: str) -> str:
    """Two at most, of its first and last words; empty for an empty name."""
    words = name.split()
    return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper()
