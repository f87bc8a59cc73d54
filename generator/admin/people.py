"""People, projects and invitations."""

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import UserCreationForm

from generator.admin.base import SpellingSearch
from generator.models import Invitation, Membership, Project, Role, User
from generator.workflow import offboarding


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
        ("Preferences", {"fields": ("time_zone", "theme")}),
        ("May", {"fields": ("is_active", "is_staff", "is_superuser", "groups", "user_permissions")}),
        ("Dates", {"fields": ("date_joined", "last_login")}),
    )
    add_fieldsets = ((None, {"fields": ("email", "name", "password1", "password2")}),)

    def save_model(self, request, obj, form, change) -> None:
        obj.changed_by = request.user
        obj.email = obj.email.lower()  # addresses are looked up in lower case when people sign in
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
    readonly_fields = ("ref", "personal_to", "created_at")
    inlines = (MembershipInline,)

    def save_formset(self, request, form, formset, change) -> None:
        """Whoever loses a role here loses with it what they do on the pages."""
        before = [row.user for row in form.instance.memberships.select_related("user")]
        super().save_formset(request, form, formset, change)
        now = {row.user: Role(row.role) for row in form.instance.memberships.select_related("user")}
        for person in before:
            offboarding.end(person, form.instance, now.get(person), request.user)

    def has_delete_permission(self, request, obj=None) -> bool:
        return False  # a project has money behind it: it is archived, not deleted


@admin.register(Invitation)
class InvitationAdmin(admin.ModelAdmin):
    list_display = ("email", "project", "role", "invited_by", "expires_at", "accepted_at")
    readonly_fields = ("email", "project", "role", "invited_by", "created_at", "accepted_at")

    def has_add_permission(self, request) -> bool:
        return False  # made on the Invite page, which shows the link once
