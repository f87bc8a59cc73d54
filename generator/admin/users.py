"""Admin of users, projects and invitations."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import UserCreationForm
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from generator.admin.base import SpellingSearch
from generator.admin.review.base import user_of
from generator.models import Invitation, Membership, Project, Role, User
from generator.services.team import offboarding


class NewUserForm(UserCreationForm):
    class Meta:
        model = User
        fields = ("email", "name")


@admin.register(User)
class UserAdmin(SpellingSearch, DjangoUserAdmin):
    add_form = NewUserForm
    ordering = ("email",)
    list_display = ("email", "name", "is_active", "is_staff", "date_joined")
    list_filter = ("is_active", "is_staff", "is_superuser")
    search_fields = ("email", "name")
    readonly_fields = ("date_joined", "last_login")
    fieldsets = (
        (None, {"fields": ("email", "name", "password")}),
        (_("Preferences"), {"fields": ("time_zone", "theme", "plays_on_move")}),
        (_("Permissions"), {"fields": ("is_active", "is_staff", "is_superuser", "groups", "user_permissions")}),
        (_("Dates"), {"fields": ("date_joined", "last_login")}),
    )
    add_fieldsets = ((None, {"fields": ("email", "name", "password1", "password2")}),)

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        obj.changed_by = user_of(request)
        obj.email = obj.email.lower()  # sign-in looks up lower-case addresses
        super().save_model(request, obj, form, change)
        if "email" in form.changed_data:
            obj.vouch_for_address()
        Project.objects.personal_for(obj)


class MembershipInline(admin.TabularInline):
    model = Membership
    extra = 0
    autocomplete_fields = ("user",)


@admin.register(Project)
class ProjectAdmin(SpellingSearch):
    list_display = ("name", "personal_to", "created_at", "archived_at")
    search_fields = ("name",)
    readonly_fields = ("public_id", "personal_to", "created_at")
    inlines = (MembershipInline,)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Save memberships, then apply the same offboarding as the pages do to users who lost a role."""
        before = [row.user for row in form.instance.memberships.select_related("user")]
        super().save_formset(request, form, formset, change)
        now = {row.user: Role(row.role) for row in form.instance.memberships.select_related("user")}
        for person in before:
            offboarding.end(person, form.instance, now.get(person), user_of(request))

    def has_delete_permission(self, request: HttpRequest, obj: Project | None = None) -> bool:
        return False  # ledger entries refer to projects; archive them instead


@admin.register(Invitation)
class InvitationAdmin(admin.ModelAdmin):
    list_display = ("email", "name", "project", "role", "invited_by", "expires_at", "accepted_at")
    readonly_fields = ("email", "name", "project", "role", "invited_by", "created_at", "accepted_at")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # created on the Invite page, which shows the link once
