"""What the made-up language is to find, it finds."""

from tests.integration.languages.pseudo import leftovers


def test_words_outside_of_brackets_are_found() -> None:
    page = '<p>⟦Signed in as⟧ Άννα</p><p title="Show">⟦Show ⟦one⟧⟧ more</p><script>let x</script>'
    assert leftovers(page) == ["<p title> 'Show'", "<p> 'more'"]


def test_message_may_go_on_in_the_next_element() -> None:
    assert leftovers("<p>⟦Delete <a href='/'>Άννα</a> first⟧</p>") == []


def test_words_of_scripts_and_buttons_are_found() -> None:
    page = '<button data-busy="Sending…">⟦Send⟧</button><input type="submit" value="Go"><input value="typed">'
    assert leftovers(page) == ["<button data-busy> 'Sending…'", "<input value> 'Go'"]


def test_message_that_was_cut_off_is_found() -> None:
    assert leftovers("<p>⟦Signed in</p><p>hidden by it</p>") == [
        "a bracket that is never closed: a message was cut off"
    ]


def test_icons_code_and_wire_words_are_none() -> None:
    page = (
        '<span class="material-symbols-outlined">close</span><code>manage.py</code><p>user.signed_in openid RS256</p>'
        "<p>person1@example.org https://app.example.org/x 17:05 EET</p>"
    )
    assert leftovers(page) == []
