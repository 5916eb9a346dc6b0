from django.urls import path

from apps.mail.views.kept import kept_letter, list_kept, read_kept

app_name = "mail"
urlpatterns = [
    path("mail/", list_kept, name="kept"),
    path("mail/<uuid:mail_id>/", read_kept, name="kept_mail"),
    path("mail/<uuid:mail_id>/letter", kept_letter, name="kept_letter"),
]
