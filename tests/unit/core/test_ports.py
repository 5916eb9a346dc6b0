import pytest
from django.core.exceptions import ImproperlyConfigured

from apps.core.ports import Port, PortEmpty, PortTaken, Registry


def test_empty_port_names_itself() -> None:
    port: Port[str] = Port("audit.signer")
    assert not port.is_registered
    with pytest.raises(PortEmpty, match=r"audit\.signer"):
        port.get()


def test_registered_implementation_is_given_back() -> None:
    port: Port[object] = Port("p")
    implementation = object()
    port.register(implementation)
    port.register(implementation)
    assert port.get() is implementation


def test_second_implementation_is_refused() -> None:
    port: Port[object] = Port("p")
    port.register(object())
    with pytest.raises(PortTaken):
        port.register(object())


def test_both_failures_are_mistakes_of_configuration() -> None:
    assert issubclass(PortEmpty, ImproperlyConfigured)
    assert issubclass(PortTaken, ImproperlyConfigured)


def test_replacement_ends_with_its_block_even_on_failure() -> None:
    port: Port[str] = Port("p")
    port.register("first")

    def fails_inside() -> None:
        with port.replaced("other"):
            assert port.get() == "other"
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        fails_inside()
    assert port.get() == "first"


def test_registry_keeps_the_order_of_registration_and_no_duplicates() -> None:
    registry: Registry[str] = Registry("r")
    for name in ("b", "a", "b"):
        registry.register(name)
    assert list(registry) == ["b", "a"]
    assert len(registry) == 2
    with registry.replaced("c"):
        assert list(registry) == ["c"]
    assert list(registry) == ["b", "a"]
