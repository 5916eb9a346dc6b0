import json

import pytest

from apps.core.errors import InvalidInput, NotFound
from apps.core.problem import problem_response


@pytest.mark.spec("RFC 9457", "3.1")
def test_problem_says_what_the_public_may_know_and_keeps_the_detail() -> None:
    response = problem_response(NotFound("row 42 of table secret"))
    assert response.status_code == 404
    assert response["Content-Type"] == "application/problem+json"
    assert response["Cache-Control"] == "no-store"
    assert json.loads(response.content) == {
        "type": "urn:gatehouse:problem:not_found",
        "title": "Not Found",
        "status": 404,
        "detail": "There is nothing here.",
        "code": "not_found",
    }


def test_problem_with_a_field_names_it() -> None:
    assert json.loads(problem_response(InvalidInput(field="username")).content)["field"] == "username"
