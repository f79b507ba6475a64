"""Signing up, in and out. What a visitor wrote stays with the browser until it is claimed by an explicit step."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth import login
from django.contrib.auth.forms import AuthenticationForm, UserCreationForm
from django.contrib.auth.views import LoginView, LogoutView
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse_lazy
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.debug import sensitive_post_parameters
from django.views.generic import CreateView

from chat import limits
from chat.access import VISITOR_KEY
from chat.errors import RateLimited
from chat.throttle import Attempts

TOO_MANY = _("Too many attempts. Please try again in a quarter of an hour.")


class SignInForm(AuthenticationForm):
    """Django's form; after too many failures it says so, for a name that exists as for one that does not."""

    def get_invalid_login_error(self) -> ValidationError:
        """The same reply whatever was wrong."""
        if Attempts(self.request, self.cleaned_data.get("username") or "").exhausted():
            return ValidationError(TOO_MANY, code="too_many")
        return super().get_invalid_login_error()


class SignIn(LoginView):
    """The session key changes at login, and what the visitor's session holds comes along (Django does both)."""

    authentication_form = SignInForm


class SignOut(LogoutView):
    """By POST only. The browser stays the visitor that it was: what was not claimed is still its own."""

    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """End the session, then begin a new one that knows the visitor alone."""
        visitor = request.session.get(VISITOR_KEY)
        response = super().post(request, *args, **kwargs)
        if visitor:
            request.session[VISITOR_KEY] = visitor
        return response


@method_decorator([sensitive_post_parameters(), csrf_protect, never_cache], name="dispatch")
class SignUp(CreateView):
    """A new account, signed in at once."""

    form_class = UserCreationForm
    template_name = "registration/signup.html"
    success_url = reverse_lazy("chat:home")

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Refuse more accounts from one address than people make; mistakes in the form count too."""
        address = limits.address_of(request.META.get("REMOTE_ADDR", ""), request.META.get("HTTP_X_FORWARDED_FOR", ""))
        try:
            limits.check_rates("signup", {"rate_signup": address})
        except RateLimited as error:
            self.object = None
            form = self.get_form()
            form.add_error(None, TOO_MANY)
            response = self.render_to_response(self.get_context_data(form=form), status=error.status_code)
            response["Retry-After"] = str(error.retry_after_s)
            return response
        return super().post(request, *args, **kwargs)

    def form_valid(self, form: Any) -> HttpResponse:
        """Store the account and sign it in."""
        response = super().form_valid(form)
        login(self.request, self.object, backend="chat.throttle.ThrottledBackend")
        return response

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Somebody who is signed in has an account."""
        if request.user.is_authenticated:
            return redirect(settings.LOGIN_REDIRECT_URL)
        return super().dispatch(request, *args, **kwargs)
