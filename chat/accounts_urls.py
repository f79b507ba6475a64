"""Paths under /accounts/."""

from django.urls import path

from chat.accounts import SignIn, SignOut, SignUp

urlpatterns = [
    path("login/", SignIn.as_view(), name="login"),
    path("logout/", SignOut.as_view(), name="logout"),
    path("signup/", SignUp.as_view(), name="signup"),
]
