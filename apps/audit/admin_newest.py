"""Lists that are too long to count: newest first, page by page, as far back as a page is found fast."""

from django.http import HttpRequest
from unfold.paginator import InfinitePaginator

from apps.audit.admin_unfold import ThemedChangeList

LAST_PAGE = 200


class NewestPaginator(InfinitePaginator):
    """Pages without a count. Further back than LAST_PAGE one goes by time: every page reads all before it."""

    @property
    def count(self) -> int:
        return int(self.per_page) * LAST_PAGE


class UncountedChangeList(ThemedChangeList):
    """Shows no number of results where the paginator made it up."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        if isinstance(self.paginator, NewestPaginator):
            self.full_result_count = self.result_count
