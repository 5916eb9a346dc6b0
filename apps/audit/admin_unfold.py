"""django-unfold's admin classes, for mypy as Django's stubs know them: its own hints contradict those."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin, TabularInline
    from django.contrib.admin.views.main import ChangeList as ThemedChangeList
    from django.forms import BaseInlineFormSet, ModelForm

    class ThemedModelAdmin(ModelAdmin[Any]):
        add_fieldsets: Any
        list_before_template: str | None
        list_disable_select_all: bool
        list_fullwidth: bool
        warn_unsaved_form: bool

    class ThemedTabularInline(TabularInline[Any, Any]):
        hide_title: bool
        per_page: int | None
        template_before: str
        tab: bool

    class ThemedInlineFormSet(BaseInlineFormSet[Any, Any, ModelForm[Any]]):
        def get_page_num(self) -> int: ...
else:
    from unfold.admin import ModelAdmin as ThemedModelAdmin
    from unfold.admin import TabularInline as ThemedTabularInline
    from unfold.forms import PaginationInlineFormSet as ThemedInlineFormSet
    from unfold.views import ChangeList as ThemedChangeList

__all__ = ["ThemedChangeList", "ThemedInlineFormSet", "ThemedModelAdmin", "ThemedTabularInline"]
