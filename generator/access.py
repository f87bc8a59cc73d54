"""Who may see and do what: the only place that answers it. Doors fetch every object through here.

    role      hears, comments   generates, edits, moves, shares, bins   invites, deletes for good, settings, approves
    owner     yes               yes                                     yes
    editor    yes               yes                                     no
    viewer    yes               no                                      no

A project may name another member to approve tracks instead of its owners, whatever their role (`can_approve`).

A track may be private to its author: then nobody else sees it, whatever their role. Whoever has the address of an open
`ShareLink` hears that one track (`generator.workflow.sharing`).

Superusers and staff have no special sight on the pages; they review in the admin.

A program acts for the person whose key it holds (`User.acting_with`): it may do what they may, in the key's project
where it has one, and never more than the roles of its scope (`generator.models.key`).
"""

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Substr
from django.urls import reverse

from generator.models import (
    ApiKey,
    Budget,
    Comment,
    Comparison,
    Generation,
    Invitation,
    Membership,
    NewsKind,
    Notification,
    PrivateTrack,
    Project,
    Prompt,
    Raise,
    Reference,
    Role,
    Scope,
    ShareLink,
    Stem,
    Track,
    User,
    Webhook,
    WebhookMessage,
)
from generator.models.comparison import ComparisonQuerySet
from generator.models.fields import REF_LENGTH
from generator.models.generation import GenerationQuerySet
from generator.models.key import ApiKeyQuerySet
from generator.models.notification import NotificationQuerySet
from generator.models.project import InvitationQuerySet
from generator.models.raising import RaiseQuerySet
from generator.models.reference import ReferenceQuerySet
from generator.models.sharing import ShareLinkQuerySet
from generator.models.track import TrackQuerySet

_ANY = (Role.VIEWER, Role.EDITOR, Role.OWNER)
_MAY_EDIT = (Role.OWNER, Role.EDITOR)
_MAY_MANAGE = (Role.OWNER,)


def _in(user: User, project: str = "", roles: tuple[Role, ...] = _ANY, *, archived: bool = False) -> Q:
    """Rows whose project (reached by the path `project`) this person is in with one of these roles.

    A key leaves its own project, and the roles its scope reaches: what asks for more than those finds nothing.
    """
    path = f"{project}__" if project else ""
    found = Q(**{f"{path}memberships__user": user, f"{path}archived_at__isnull": not archived})
    if roles is not _ANY:
        found &= Q(**{f"{path}memberships__role__in": roles})
    if key := user.acting_with:
        within = Q() if key.project_id is None else Q(**{f"{path}pk": key.project_id})
        found &= within if _reaches(key, roles) else Q(pk__in=())
    return found


def _reaches(key: ApiKey, roles: tuple[Role, ...]) -> bool:
    return not set(roles).isdisjoint(Scope(key.scope).roles)


def projects(user: User) -> QuerySet[Project]:
    """The projects a person is a member of, their personal one first."""
    return Project.objects.filter(_in(user)).order_by(F("personal_to_id").desc(nulls_last=True), "name", "id")


def editable_projects(user: User) -> QuerySet[Project]:
    """The projects a person may make music in, and so move and copy tracks into."""
    return projects(user).filter(_in(user, roles=_MAY_EDIT))


def archived_projects(user: User) -> QuerySet[Project]:
    """The projects that were put away and that this person may fetch back."""
    return Project.objects.filter(_in(user, roles=_MAY_MANAGE, archived=True)).order_by("name", "id")


def role(user: User, project: Project) -> Role | None:
    """What a person is in a project; with a key, at most what its scope reaches."""
    found = project.memberships.filter(user=user).values_list("role", flat=True).first()
    key = user.acting_with
    if not found or key is None:
        return Role(found) if found else None
    if key.project_id not in (None, project.pk):
        return None
    reached = Scope(key.scope).roles
    return Role(found) if found in reached else reached[-1]


def can_edit(user: User, project: Project) -> bool:
    """May generate, retry, cancel, rename, tag, bin and restore in this project."""
    return role(user, project) in _MAY_EDIT


def can_manage(user: User, project: Project) -> bool:
    """May delete for good, invite and change the project."""
    return role(user, project) == Role.OWNER


def can_approve(user: User, project: Project) -> bool:
    """May approve tracks for use: the project's approver where one is named, its owners otherwise."""
    if project.approver_id is None:
        return can_manage(user, project)
    return project.approver_id == user.pk and role(user, project) is not None


def approvers_in_words(project: Project) -> str:
    """Who that is, as the beginning of a sentence: "Ada approves", "Owners approve"."""
    return f"{project.approver.label} approves" if project.approver else "Owners approve"


def can_start(user: User) -> bool:
    """May start a project: everyone; a program with a key for all projects that may manage."""
    return can_leave(user) and (user.acting_with is None or user.acting_with.project_id is None)


def can_leave(user: User) -> bool:
    """May leave a project: everyone; a program with a key that may manage, because it is for good."""
    return user.acting_with is None or user.acting_with.scope == Scope.MANAGE


def managed_projects(user: User) -> QuerySet[Project]:
    """The shared projects a person owns, and so may invite people to."""
    return Project.objects.filter(_in(user, roles=_MAY_MANAGE), personal_to=None)


def managed_invitations(user: User) -> InvitationQuerySet:
    """The unused invitations a person may renew and withdraw: those to the projects they own, whoever sent them.

    Invitations to the studio alone are the staff's. Those to projects are not: a role in the studio opens no project.
    """
    mine = Q(project__in=managed_projects(user))
    if user.is_staff and user.acting_with is None:
        mine |= Q(project=None)
    return Invitation.objects.unused().filter(mine).select_related("project", "invited_by")


def received_invitations(user: User) -> InvitationQuerySet:
    """The project invitations a person may accept: those to their address, once it is proven to be theirs."""
    rows = Invitation.objects.open().filter(email=user.email.lower()).exclude(project=None)
    return rows.select_related("project", "invited_by") if user.address_is_proven else rows.none()


def visible(tracks: TrackQuerySet, user: User) -> TrackQuerySet:
    """Leave out what is private to somebody else. Every list of tracks that a person sees goes through here."""
    return tracks.exclude(pk__in=PrivateTrack.objects.exclude(author=user).values("track"))


def unnamed(tracks: TrackQuerySet, user: User) -> TrackQuerySet:
    """Those of the tracks whose titles a person may not read: private to somebody else, or a blind candidate."""
    blind = Comparison.objects.blind().values("pk")
    return tracks.filter(Q(privacy__isnull=False) & ~Q(privacy__author=user) | Q(generation__comparison__in=blind))


def library(user: User, project: Project) -> TrackQuerySet:
    """The tracks of a project, binned ones included, for a member of it."""
    return visible(project.tracks.all(), user)


def budgets(user: User) -> QuerySet[Budget]:
    """The caps that can stand in a person's way, and for which they may ask for more."""
    mine = Project.objects.filter(_in(user))
    return Budget.objects.filter(
        Q(user=user, project=None)
        | Q(project__in=mine) & (Q(user=None) | Q(user=user))
        | ~Q(provider_key="") & Q(user=None, project=None)
    ).select_related("user", "project")


def answerable_requests(user: User) -> RaiseQuerySet:
    """The requests for more that an owner may answer; those about a person's or a provider's cap are the staff's."""
    return Raise.objects.filter(budget__project__in=managed_projects(user)).select_related(
        "budget__user", "budget__project", "asked_by"
    )


def requests(user: User) -> RaiseQuerySet:
    """The requests for more that a person sees: those they may answer, and their own."""
    own = Q(asked_by=user, budget__in=budgets(user).values("pk"))
    rows = Raise.objects.filter(own | Q(budget__project__in=managed_projects(user)))
    return rows.select_related("budget__user", "budget__project", "asked_by", "answered_by")


def tracks(user: User) -> TrackQuerySet:
    """Every track a person may see, binned ones included."""
    return visible(Track.objects.filter(_in(user, "project")), user)


def editable_tracks(user: User) -> TrackQuerySet:
    return visible(Track.objects.filter(_in(user, "project", _MAY_EDIT)), user)


def links(user: User) -> ShareLinkQuerySet:
    """The links a person may hand on and take back: those to the tracks they may edit."""
    return ShareLink.objects.filter(track__in=editable_tracks(user).values("pk"))


def comments(user: User) -> QuerySet[Comment]:
    """The comments on the tracks a person hears."""
    return Comment.objects.filter(track__in=tracks(user).values("pk"))


def own_comments(user: User) -> QuerySet[Comment]:
    """Those a person may reword: their own."""
    return comments(user).filter(author=user)


def resolvable_comments(user: User) -> QuerySet[Comment]:
    """Those a person may mark as dealt with: their own, and all in the projects they edit."""
    return comments(user).filter(Q(author=user) | Q(track__in=editable_tracks(user).values("pk")))


def deletable_comments(user: User) -> QuerySet[Comment]:
    """Those a person may delete: their own, and all in the projects they own."""
    owned = Project.objects.filter(_in(user, roles=_MAY_MANAGE)).values("pk")
    return comments(user).filter(Q(author=user) | Q(track__project__in=owned))


def concealed_runs(viewer: User | None) -> GenerationQuerySet:
    """The runs whose brief a viewer may not read: none of their takes is left that is not private to somebody else, or
    they work on a sound that is. None: nobody in particular, to whom everything private is somebody else's.

    The money of such a run stays in the project's ledger; its words, settings and names do not.
    """
    private = PrivateTrack.objects.exclude(author=viewer) if viewer else PrivateTrack.objects.all()
    hidden = Track.objects.filter(pk__in=private.values("track"))
    shared = Track.objects.filter(generation=OuterRef("pk")).exclude(pk__in=private.values("track"))
    about = Q(action__track__in=hidden.values("pk")) | Q(action__reference__track__in=hidden.values("pk"))
    return Generation.objects.filter(Q(pk__in=hidden.values("generation")) & ~Q(Exists(shared)) | about)


def readable(runs: GenerationQuerySet, viewer: User | None) -> GenerationQuerySet:
    """Leave out the runs that are concealed from a viewer. Every list of runs that a person sees goes through here."""
    return runs.exclude(pk__in=concealed_runs(viewer).values("pk"))


def generations(user: User) -> GenerationQuerySet:
    return readable(Generation.objects.filter(_in(user, "project")), user)


def project_generations(user: User, project: Project) -> GenerationQuerySet:
    """The runs of a project, for a member of it."""
    return readable(project.generations.all(), user)  # type: ignore[arg-type]


def prompts(user: User) -> QuerySet[Prompt]:
    """The prompts of the projects a person is in, without those of blind candidates, whose settings would tell."""
    mine = Prompt.objects.filter(_in(user, "project"), pk__in=generations(user).values("prompt"))
    blind = Generation.objects.filter(comparison__in=Comparison.objects.blind().values("pk"))
    return mine.exclude(pk__in=blind.values("prompt"))


def briefs(user: User) -> GenerationQuerySet:
    """The runs whose brief a person may start from again: their projects', and those behind tracks moved to them."""
    mine = Q(pk__in=generations(user).values("pk")) | Q(pk__in=tracks(user).values("generation"))
    return Generation.objects.filter(mine)


def editable_generations(user: User) -> GenerationQuerySet:
    return readable(Generation.objects.filter(_in(user, "project", _MAY_EDIT)), user)


def _with_a_run(rows: ComparisonQuerySet, user: User) -> ComparisonQuerySet:
    """Leave out the comparisons of which every candidate is private to somebody else."""
    runs = Generation.objects.filter(comparison=OuterRef("pk"))
    return rows.exclude(Exists(runs) & ~Exists(readable(runs, user)))


def comparisons(user: User) -> ComparisonQuerySet:
    return _with_a_run(Comparison.objects.filter(_in(user, "project")), user)


def editable_comparisons(user: User) -> ComparisonQuerySet:
    """The comparisons a person may pick in and reveal."""
    return _with_a_run(Comparison.objects.filter(_in(user, "project", _MAY_EDIT)), user)


def references(user: User) -> ReferenceQuerySet:
    return _heard(Reference.objects.filter(_in(user, "project")), user)


def editable_references(user: User) -> ReferenceQuerySet:
    """The references a person may register, bin and restore."""
    return _heard(Reference.objects.filter(_in(user, "project", _MAY_EDIT)), user)


def project_references(user: User, project: Project) -> ReferenceQuerySet:
    """The references of a project, binned ones included, for a member of it."""
    return _heard(project.references.all(), user)


def _heard(rows: ReferenceQuerySet, user: User) -> ReferenceQuerySet:
    """Leave out what was taken from a track that is private to somebody else."""
    return rows.exclude(track__isnull=False, track__in=PrivateTrack.objects.exclude(author=user).values("track"))


def stems(user: User) -> QuerySet[Stem]:
    """The parts of the tracks a person hears; those of a blind candidate are named after it."""
    blind = Track.objects.filter(generation__comparison__in=Comparison.objects.blind().values("pk"))
    return Stem.objects.filter(track__in=tracks(user).values("pk")).exclude(track__in=blind.values("pk"))


# --- keys ---


def own_keys(user: User) -> ApiKeyQuerySet:
    """The keys a person made themselves; nobody sees or takes back keys with a key."""
    return ApiKey.objects.filter(user=user) if user.acting_with is None else ApiKey.objects.none()


def project_keys(user: User) -> ApiKeyQuerySet:
    """The keys of the projects a person owns, whoever made them."""
    owned = Project.objects.filter(_in(user, roles=_MAY_MANAGE)).values("pk")
    return ApiKey.objects.filter(project__in=owned) if user.acting_with is None else ApiKey.objects.none()


def revocable_keys(user: User) -> ApiKeyQuerySet:
    return (own_keys(user) | project_keys(user)).distinct()


# --- news ---


def current_news(user: User) -> NotificationQuerySet:
    """What a person was told by any way, without what is about projects that they have left or cannot join."""
    mine = Q(project__in=Membership.objects.filter(user=user).values("project"))
    invited = Q(kind=NewsKind.INVITATION, project__in=received_invitations(user).values("project"))
    return Notification.objects.filter(Q(project=None) | mine | invited, recipient=user)


def news(user: User) -> NotificationQuerySet:
    """What a person was told. With a key of one project: what leads to what the key opens there.

    A key that may not manage leaves out the news for owners, that of webhooks.
    """
    rows = current_news(user).filter(in_app=True)
    key = user.acting_with
    if key is None:
        return rows
    if not _reaches(key, _MAY_MANAGE):
        rows = rows.exclude(kind=NewsKind.WEBHOOK)
    if key.project_id is None:
        return rows
    opened = {"studio": projects, "track": tracks, "compare": comparisons, "webhook": webhooks}
    leads = Q(pk__in=())
    for page, found in opened.items():
        before = reverse(page, args=["-"]).partition("-")[0]
        ref = Substr(OuterRef("link"), len(before) + 1, REF_LENGTH)
        leads |= Q(Exists(found(user).filter(ref=ref)), link__startswith=before)
    return rows.filter(leads)


# --- webhooks ---


def webhooks(user: User) -> QuerySet[Webhook]:
    """The webhooks of the projects a person owns, with their secrets and their logs."""
    return Webhook.objects.filter(_in(user, "project", _MAY_MANAGE)).select_related("project")


def webhook_messages(user: User) -> QuerySet[WebhookMessage]:
    """What those webhooks were told; a program's own `?webhook=` is not among it."""
    return WebhookMessage.objects.filter(webhook__in=webhooks(user).values("pk")).select_related("webhook__project")
