"""The reader of the layer list is itself held to examples, since everything else here trusts it."""

from tests.architecture.layers import Layers, layers

HOUSE = Layers((frozenset({"roof"}), frozenset({"left", "right"}), frozenset({"cellar"})))


def test_an_app_may_know_lower_floors() -> None:
    assert HOUSE.may_know("roof", "left")
    assert HOUSE.may_know("left", "cellar")
    assert HOUSE.may_know("left", "left")


def test_an_app_may_not_know_its_floor_or_higher_ones() -> None:
    assert not HOUSE.may_know("left", "right")
    assert not HOUSE.may_know("cellar", "roof")


def test_list_is_read_from_the_import_linter_configuration() -> None:
    assert layers().may_know("oauth", "core")
    assert not layers().may_know("directory", "keys")
    assert "governance" in layers()
    assert "elsewhere" not in layers()
