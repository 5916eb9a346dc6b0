"""`{{ at|moment }}`: how long ago, as the lists of the administration say it."""

from django.template import Library

from apps.audit.admin_marks import moment, moment_exact

register = Library()
register.filter("moment", moment)
register.filter("exact_moment", moment_exact)
