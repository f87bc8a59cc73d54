"""Permissions: the only module that decides who may see and do what. Views and the API fetch every object through it.

    role      listen, comment   generate, edit, move, share, trash      invite, delete for good, settings, approve
    owner     yes               yes                                     yes
    editor    yes               yes                                     no
    viewer    yes               no                                      no

A project may name a member of any role to approve tracks instead of its owners (`can_approve`).

A track may be private to its author; then nobody else sees it, whatever their role. The URL of an open `ShareLink`
plays one track to anyone (`generator.services.library.sharing`).

Superusers and staff see nothing extra on the pages; they review in the admin.

A program acts for the person whose API key it holds (`User.api_key`). It may do what that person may, only in the
key's project if it has one, and never more than the roles of the key's scope (`generator.models.api_key`).
"""

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Substr
from django.urls import reverse
from django.utils.translation import gettext as _

from generator.models import (
    UPLOADED_STEMS,
    UPLOADED_TRACK,
    ApiKey,
    Batch,
    Budget,
    BudgetIncrease,
    Comment,
    Comparison,
    Edit,
    Generation,
    Invitation,
    Membership,
    Notification,
    NotificationKind,
    Pack,
    PackItem,
    Preset,
    PrivateTrack,
    Project,
    Prompt,
    Reference,
    Role,
    Scope,
    ShareLink,
    Stem,
    Track,
    TrackUpload,
    User,
    Webhook,
    WebhookDelivery,
)
from generator.models.api_key import ApiKeyQuerySet
from generator.models.budget_increase import BudgetIncreaseQuerySet
from generator.models.comparison import ComparisonQuerySet
from generator.models.edit import EditQuerySet
from generator.models.fields import PUBLIC_ID_CHARS
from generator.models.generation import GenerationQuerySet
from generator.models.notification import NotificationQuerySet
from generator.models.pack import PackQuerySet
from generator.models.project import InvitationQuerySet
from generator.models.reference import ReferenceQuerySet
from generator.models.sharing import ShareLinkQuerySet
from generator.models.track import TrackQuerySet
from generator.page_memory import is_remembering, remembered

_ANY = (Role.VIEWER, Role.EDITOR, Role.OWNER)
_MAY_EDIT = (Role.OWNER, Role.EDITOR)
_MAY_MANAGE = (Role.OWNER,)


def _in_projects_of(user: User, project: str = "", roles: tuple[Role, ...] = _ANY, *, archived: bool = False) -> Q:
    """Match rows whose project (at the lookup path `project`) has this person as a member with one of these roles.

    An API key narrows this to its own project. If its scope includes none of the roles, nothing matches.
    """
    path = f"{project}__" if project else ""
    matches = Q(**{f"{path}memberships__user": user, f"{path}archived_at__isnull": not archived})
    if roles is not _ANY:
        matches &= Q(**{f"{path}memberships__role__in": roles})
    if key := user.api_key:
        within = Q() if key.project_id is None else Q(**{f"{path}pk": key.project_id})
        matches &= within if _reaches(key, roles) else Q(pk__in=())
    return matches


def _reaches(key: ApiKey, roles: tuple[Role, ...]) -> bool:
    return not set(roles).isdisjoint(Scope(key.scope).roles)


def projects(user: User) -> QuerySet[Project]:
    """Return the projects that a person is a member of, their personal one first."""
    return Project.objects.filter(_in_projects_of(user)).order_by(
        F("personal_to_id").desc(nulls_last=True), "name", "id"
    )


@remembered
def own_projects(user: User) -> list[Project]:
    """Return the same projects, each with the person's role in it (`own_role`) and its defaults, in one query."""
    return list(projects(user).annotate(own_role=F("memberships__role")).select_related("defaults"))


def other_editable_projects(user: User, project: Project) -> list[Project]:
    """Return the projects that a person may move and copy tracks into from this one."""
    if user.api_key is not None:
        return list(editable_projects(user).exclude(pk=project.pk))
    return [other for other in own_projects(user) if other.own_role in _MAY_EDIT and other.pk != project.pk]  # type: ignore[attr-defined]


def editable_projects(user: User) -> QuerySet[Project]:
    """Return the projects that a person may generate in, and so move and copy tracks into."""
    return projects(user).filter(_in_projects_of(user, roles=_MAY_EDIT))


def archived_projects(user: User) -> QuerySet[Project]:
    """Return the archived projects that a person may restore."""
    return Project.objects.filter(_in_projects_of(user, roles=_MAY_MANAGE, archived=True)).order_by("name", "id")


@remembered
def role(user: User, project: Project) -> Role | None:
    """Return a person's role in a project, limited by the scope of their API key; None if they have no access."""
    stored = _stored_role(user, project)
    key = user.api_key
    if not stored or key is None:
        return Role(stored) if stored else None
    if key.project_id not in (None, project.pk):
        return None
    reached = Scope(key.scope).roles
    return Role(stored) if stored in reached else reached[-1]


def _stored_role(user: User, project: Project) -> str | None:
    if is_remembering() and project in (listed := own_projects(user)):
        return str(listed[listed.index(project)].own_role)  # type: ignore[attr-defined]
    return project.memberships.filter(user=user).values_list("role", flat=True).first()


def can_edit(user: User, project: Project) -> bool:
    """Return whether a person may generate, retry, cancel, rename, tag, trash and restore in a project."""
    return role(user, project) in _MAY_EDIT


def can_manage(user: User, project: Project) -> bool:
    """Return whether a person may delete for good, invite people and change the project."""
    return role(user, project) == Role.OWNER


def can_approve(user: User, project: Project) -> bool:
    """Return whether a person may approve tracks: the project's approver if one is named, otherwise its owners."""
    if project.approver_id is None:
        return can_manage(user, project)
    return project.approver_id == user.pk and role(user, project) is not None


def approvers(project: Project) -> list[User]:
    """Return who may approve tracks now: the project's approver if one is named, otherwise its owners."""
    if project.approver is not None:
        return [project.approver] if project.approver.is_active else []
    return owners(project)


def owners(project: Project) -> list[User]:
    """Return the owners of a project whose accounts are active."""
    rows = Membership.objects.filter(project=project, role__in=_MAY_MANAGE)
    return list(User.objects.filter(pk__in=rows.values("user"), is_active=True).order_by("pk"))


def approvers_in_words(project: Project) -> str:
    """Return who approves, as the beginning of a sentence: "Ada approves", "Owners approve"."""
    return _("{name} approves").format(name=project.approver.label) if project.approver else _("Owners approve")


def can_start(user: User) -> bool:
    """Return whether a person may create a project; an API key needs the manage scope and access to all projects."""
    return can_leave(user) and (user.api_key is None or user.api_key.project_id is None)


def can_leave(user: User) -> bool:
    """Return whether a person may leave a project; an API key needs the manage scope, as leaving is irreversible."""
    return user.api_key is None or user.api_key.scope == Scope.MANAGE


def can_see_setup(user: User) -> bool:
    """Return whether a person may see what the studio still needs to be set up: staff, but no program."""
    return user.is_staff and user.api_key is None


def managed_projects(user: User) -> QuerySet[Project]:
    """Return the shared projects that a person owns, and so may invite people to."""
    return Project.objects.filter(_in_projects_of(user, roles=_MAY_MANAGE), personal_to=None)


def managed_invitations(user: User) -> InvitationQuerySet:
    """Return the unused invitations that a person may renew and withdraw: all those to projects they own.

    Staff manage the invitations without a project, but not those to projects: staff status gives access to no project.
    """
    manageable = Q(project__in=managed_projects(user))
    if user.is_staff and user.api_key is None:
        manageable |= Q(project=None)
    return Invitation.objects.unused().filter(manageable).select_related("project", "invited_by")


def received_invitations(user: User) -> InvitationQuerySet:
    """Return the project invitations that a person may accept: those to their address, once it is verified."""
    rows = Invitation.objects.open().filter(user.proves_address(), email=user.email.lower()).exclude(project=None)
    return rows.select_related("project", "invited_by")


def visible(tracks: TrackQuerySet, user: User) -> TrackQuerySet:
    """Exclude tracks that are private to other people. Every list of tracks shown to a person is filtered by this."""
    return tracks.exclude(pk__in=PrivateTrack.objects.exclude(author=user).values("track"))


def unnamed(tracks: TrackQuerySet, user: User) -> TrackQuerySet:
    """Return the tracks whose titles a person may not read: another person's private tracks and blind candidates."""
    blind = Comparison.objects.blind().values("pk")
    return tracks.filter(Q(privacy__isnull=False) & ~Q(privacy__author=user) | Q(generation__comparison__in=blind))


def library(user: User, project: Project) -> TrackQuerySet:
    """Return the tracks of a project that a member may see, trashed ones included."""
    return visible(project.tracks.all(), user)


def batches(user: User) -> QuerySet[Batch]:
    """Return the batches of a person's projects; which of their generations they may see is asked of these."""
    return Batch.objects.filter(_in_projects_of(user, "project"))


def presets(user: User) -> QuerySet[Preset]:
    """Return a person's own presets and their projects'; a key for one project does not reach the personal ones."""
    return all_presets(user).filter(trashed_at=None)


def all_presets(user: User) -> QuerySet[Preset]:
    """Return a person's presets, deleted ones included."""
    is_narrow = user.api_key is not None and user.api_key.project_id is not None
    return Preset.objects.filter(
        (Q(pk__in=()) if is_narrow else Q(owner=user, project=None)) | _in_projects_of(user, "project")
    )


def editable_presets(user: User) -> QuerySet[Preset]:
    """Return the presets that a person may rename and delete: their own, and those of projects they may edit."""
    return presets_to_restore(user).filter(trashed_at=None)


def presets_to_restore(user: User) -> QuerySet[Preset]:
    """Return the presets that a person may restore: those that they may edit, deleted ones included."""
    own = Q(project=None) if user.api_key is None or _reaches(user.api_key, _MAY_EDIT) else Q(pk__in=())
    editable = all_presets(user).filter(own | _in_projects_of(user, "project", _MAY_EDIT))
    return editable.select_related("project", "owner")


def budgets(user: User) -> QuerySet[Budget]:
    """Return the budgets that can limit a person, and whose increase they may request."""
    own_projects = Project.objects.filter(_in_projects_of(user))
    return Budget.objects.filter(
        Q(user=user, project=None)
        | Q(project__in=own_projects) & (Q(user=None) | Q(user=user))
        | ~Q(provider_key="") & Q(user=None, project=None)
    ).select_related("user", "project")


def answerable_requests(user: User) -> BudgetIncreaseQuerySet:
    """Return the budget requests that an owner may answer. Staff answer those about a person's or provider's budget."""
    return BudgetIncrease.objects.filter(budget__project__in=managed_projects(user)).select_related(
        "budget__user", "budget__project", "requested_by"
    )


def requests(user: User) -> BudgetIncreaseQuerySet:
    """Return the budget requests that a person may see: those they may answer, and their own."""
    own = Q(requested_by=user, budget__in=budgets(user).values("pk"))
    rows = BudgetIncrease.objects.filter(own | Q(budget__project__in=managed_projects(user)))
    return rows.select_related("budget__user", "budget__project", "requested_by", "answered_by")


def tracks(user: User) -> TrackQuerySet:
    """Return every track that a person may see, trashed ones included."""
    return visible(Track.objects.filter(_in_projects_of(user, "project")), user)


def editable_tracks(user: User) -> TrackQuerySet:
    return visible(Track.objects.filter(_in_projects_of(user, "project", _MAY_EDIT)), user)


def links(user: User) -> ShareLinkQuerySet:
    """Return the share links that a person may use and revoke: those to tracks they may edit."""
    return ShareLink.objects.filter(track__in=editable_tracks(user).values("pk"))


def comments(user: User) -> QuerySet[Comment]:
    """Return the comments on the tracks that a person may see."""
    return Comment.objects.filter(track__in=tracks(user).values("pk"))


def own_comments(user: User) -> QuerySet[Comment]:
    """Return the comments that a person may edit: their own."""
    return comments(user).filter(author=user)


def resolvable_comments(user: User) -> QuerySet[Comment]:
    """Return the comments that a person may resolve: their own, and all on tracks they may edit."""
    return comments(user).filter(Q(author=user) | Q(track__in=editable_tracks(user).values("pk")))


def deletable_comments(user: User) -> QuerySet[Comment]:
    """Return the comments that a person may delete: their own, and all in projects they own."""
    owned = Project.objects.filter(_in_projects_of(user, roles=_MAY_MANAGE)).values("pk")
    return comments(user).filter(Q(author=user) | Q(track__project__in=owned))


def concealed_generations(viewer: User | None) -> GenerationQuerySet:
    """Return the generations whose prompt a viewer may not read; None stands for a viewer who owns no private track.

    Their remaining takes are all private to other people, or they process audio from such a track. Their amounts stay
    in the project's ledger; their text, settings and names are hidden.
    """
    private = PrivateTrack.objects.exclude(author=viewer) if viewer else PrivateTrack.objects.all()
    hidden = Track.objects.filter(pk__in=private.values("track"))
    shared = Track.objects.filter(generation=OuterRef("pk")).exclude(pk__in=private.values("track"))
    about = Q(provider_action__track__in=hidden.values("pk")) | Q(
        provider_action__reference__track__in=hidden.values("pk")
    )
    return Generation.objects.filter(Q(pk__in=hidden.values("generation")) & ~Q(Exists(shared)) | about)


def readable(generations: GenerationQuerySet, viewer: User | None) -> GenerationQuerySet:
    """Exclude generations concealed from a viewer. Every list of generations shown to a person is filtered by this."""
    return generations.exclude(pk__in=concealed_generations(viewer).values("pk"))


def generations(user: User) -> GenerationQuerySet:
    return readable(Generation.objects.filter(_in_projects_of(user, "project")), user)


@remembered  # a page builds several queries upon it
def project_generations(user: User, project: Project) -> GenerationQuerySet:
    """Return the generations of a project that a member may see."""
    return readable(Generation.objects.filter(project=project), user)


def prompts(user: User) -> QuerySet[Prompt]:
    """Return the prompts that a person may see, without those of blind candidates: their settings reveal the model."""
    visible = Prompt.objects.filter(_in_projects_of(user, "project"), pk__in=generations(user).values("prompt"))
    blind = Generation.objects.filter(comparison__in=Comparison.objects.blind().values("pk"))
    return visible.exclude(pk__in=blind.values("prompt"))


def briefs(user: User) -> GenerationQuerySet:
    """Return the generations whose prompt a person may reuse: those they may see, and those of tracks they may see."""
    visible = Q(pk__in=generations(user).values("pk")) | Q(pk__in=tracks(user).values("generation"))
    return Generation.objects.filter(visible).exclude(model__key__in=(UPLOADED_TRACK, UPLOADED_STEMS))


def editable_generations(user: User) -> GenerationQuerySet:
    return readable(Generation.objects.filter(_in_projects_of(user, "project", _MAY_EDIT)), user)


def _with_readable_candidates(rows: ComparisonQuerySet, user: User) -> ComparisonQuerySet:
    """Exclude comparisons whose candidates are all concealed from a person."""
    generations = Generation.objects.filter(comparison=OuterRef("pk"))
    return rows.exclude(Exists(generations) & ~Exists(readable(generations, user)))


def comparisons(user: User) -> ComparisonQuerySet:
    return _with_readable_candidates(Comparison.objects.filter(_in_projects_of(user, "project")), user)


def editable_comparisons(user: User) -> ComparisonQuerySet:
    """Return the comparisons in which a person may pick, and which they may reveal."""
    return _with_readable_candidates(Comparison.objects.filter(_in_projects_of(user, "project", _MAY_EDIT)), user)


def references(user: User) -> ReferenceQuerySet:
    return _audible(Reference.objects.filter(_in_projects_of(user, "project")), user)


def editable_references(user: User) -> ReferenceQuerySet:
    """Return the references that a person may register, trash and restore."""
    return _audible(Reference.objects.filter(_in_projects_of(user, "project", _MAY_EDIT)), user)


def project_references(user: User, project: Project) -> ReferenceQuerySet:
    """Return the references of a project that a member may see, trashed ones included."""
    return _audible(project.references.all(), user)


def _audible(rows: ReferenceQuerySet, user: User) -> ReferenceQuerySet:
    """Exclude references made from tracks that are private to other people."""
    return rows.exclude(track__isnull=False, track__in=PrivateTrack.objects.exclude(author=user).values("track"))


def stems(user: User) -> QuerySet[Stem]:
    """Return the stems of the tracks that a person may see, except blind candidates, which stem names would reveal."""
    blind = Track.objects.filter(generation__comparison__in=Comparison.objects.blind().values("pk"))
    return Stem.objects.filter(track__in=tracks(user).values("pk")).exclude(track__in=blind.values("pk"))


def uploads(user: User) -> QuerySet[TrackUpload]:
    """Return the uploads that a person may see: those of tracks they may see, and those that are no track yet."""
    of_tracks = Q(track__in=tracks(user).values("pk"))
    return TrackUpload.objects.filter(_in_projects_of(user, "project")).filter(of_tracks | Q(track=None))


def cancellable_uploads(user: User) -> QuerySet[TrackUpload]:
    """Return the uploads that a person may cancel: those they may see, in projects they may edit."""
    return uploads(user).filter(_in_projects_of(user, "project", _MAY_EDIT))


def edits(user: User) -> EditQuerySet:
    """Return the edits of the tracks that a person may see, except blind candidates; drafts are their author's."""
    blind = Track.objects.filter(generation__comparison__in=Comparison.objects.blind().values("pk"))
    visible = Edit.objects.filter(track__in=tracks(user).values("pk")).exclude(track__in=blind.values("pk"))
    return visible.filter(Q(is_draft=False) | Q(author=user))


def editable_edits(user: User) -> EditQuerySet:
    """Return the edits that a person may rename, cancel and delete."""
    return edits(user).filter(track__in=editable_tracks(user).values("pk"))


def packs(user: User) -> PackQuerySet:
    """Return the packs of a person's projects, without those that hold a track they may not see.

    A pack with a track that was deleted for good is left to its author: nobody knows any more who might see the track.
    """
    private = PrivateTrack.objects.exclude(author=user).values("track")
    hidden = PackItem.objects.filter(Q(track__in=private) | Q(track=None) & ~Q(pack__author=user))
    return Pack.objects.filter(_in_projects_of(user, "project")).exclude(pk__in=hidden.values("pack"))


def packs_without_private_tracks(project: Project) -> PackQuerySet:
    """Return the packs that a project's webhooks may be sent, whoever made them."""
    hidden = PackItem.objects.filter(Q(track__in=PrivateTrack.objects.values("track")) | Q(track=None))
    return project.packs.exclude(pk__in=hidden.values("pack"))


def edits_of_shared_tracks(project: Project) -> EditQuerySet:
    """Return the saved edits that a project's webhooks may be sent, whoever made them."""
    shared = Track.objects.kept().filter(project=project, privacy=None)
    blind = Comparison.objects.blind().values("pk")
    shared = shared.exclude(generation__comparison__in=blind)
    return Edit.objects.kept().filter(track__in=shared.values("pk"))


def editable_packs(user: User) -> PackQuerySet:
    """Return the packs that a person may cancel, share and delete."""
    return packs(user).filter(_in_projects_of(user, "project", _MAY_EDIT))


# --- API keys ---


def own_keys(user: User) -> ApiKeyQuerySet:
    """Return the API keys that a person created. A program cannot list or revoke keys."""
    return ApiKey.objects.filter(user=user) if user.api_key is None else ApiKey.objects.none()


def project_keys(user: User) -> ApiKeyQuerySet:
    """Return the API keys limited to projects that a person owns, regardless of who created them."""
    owned = Project.objects.filter(_in_projects_of(user, roles=_MAY_MANAGE)).values("pk")
    return ApiKey.objects.filter(project__in=owned) if user.api_key is None else ApiKey.objects.none()


def revocable_keys(user: User) -> ApiKeyQuerySet:
    return (own_keys(user) | project_keys(user)).distinct()


# --- notifications ---


def current_notifications(user: User) -> NotificationQuerySet:
    """Return a person's notifications on all channels, without those about projects they have left or cannot join."""
    in_own_projects = Q(project__in=Membership.objects.filter(user=user).values("project"))
    invited = Q(kind=NotificationKind.INVITATION, project__in=received_invitations(user).values("project"))
    return Notification.objects.filter(Q(project=None) | in_own_projects | invited, recipient=user)


def notifications(user: User) -> NotificationQuerySet:
    """Return a person's in-app notifications. A key of one project sees only those that link to objects it can access.

    A key without the manage scope does not see notifications for owners, which are those about webhooks.
    """
    rows = current_notifications(user).filter(in_app=True)
    key = user.api_key
    if key is None:
        return rows
    if not _reaches(key, _MAY_MANAGE):
        rows = rows.exclude(kind=NotificationKind.WEBHOOK)
    if key.project_id is None:
        return rows
    opened = {"studio": projects, "track": tracks, "compare": comparisons, "webhook": webhooks, "pack": packs}
    leads = Q(pk__in=())
    for page, readable_rows in opened.items():
        before = reverse(page, args=["-"]).partition("-")[0]
        public_id = Substr(OuterRef("link"), len(before) + 1, PUBLIC_ID_CHARS)
        leads |= Q(Exists(readable_rows(user).filter(public_id=public_id)), link__startswith=before)
    return rows.filter(leads)


# --- webhooks ---


def webhooks(user: User) -> QuerySet[Webhook]:
    """Return the webhooks of the projects that a person owns; this gives access to their secrets and logs."""
    return Webhook.objects.filter(_in_projects_of(user, "project", _MAY_MANAGE)).select_related("project")


def webhook_deliveries(user: User) -> QuerySet[WebhookDelivery]:
    """Return the messages of those webhooks, without those of a program's own `?webhook=`."""
    return WebhookDelivery.objects.filter(webhook__in=webhooks(user).values("pk")).select_related("webhook__project")
