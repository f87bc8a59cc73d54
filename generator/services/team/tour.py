"""The tour: four steps of a new person's first minutes, each done when its real state says so."""

from dataclasses import dataclass

from django.utils import timezone

from generator.models import Generation, Invitation, Membership, Role, Tour, User


@dataclass(frozen=True)
class Progress:
    """Which steps a person has done."""

    has_listened: bool
    has_generated: bool
    has_downloaded: bool
    has_invited: bool

    @property
    def done(self) -> int:
        return sum((self.has_listened, self.has_generated, self.has_downloaded, self.has_invited))

    @property
    def is_complete(self) -> bool:
        return self.done == 4


def begin(user: User) -> None:
    """Show the tour to a person from now on; idempotent."""
    Tour.objects.get_or_create(user=user)


def begin_at_first_sign_in(user: User) -> None:
    """Show the tour to a person whose account an administrator made, unless they have used the studio already."""
    if user.last_login is None and not user.generations.exists() and not user.heard.exists():
        begin(user)


def progress_of(user: User) -> Progress | None:
    """Return a person's progress, or None if they are not shown the tour."""
    tour = Tour.objects.filter(user=user, dismissed_at=None).first()
    if tour is None:
        return None
    return Progress(
        has_listened=tour.listened_at is not None,
        has_generated=Generation.objects.filter(author=user, created_at__gte=tour.started_at).exists(),
        has_downloaded=tour.downloaded_at is not None,
        has_invited=_has_company(user),
    )


def _has_company(user: User) -> bool:
    """Return whether a person has invited somebody, or shares a project that they own."""
    if Invitation.objects.filter(invited_by=user).exists():
        return True
    owned = Membership.objects.filter(user=user, role=Role.OWNER).values("project")
    return Membership.objects.filter(project__in=owned).exclude(user=user).exists()


def note_listening(user: User) -> None:
    """Record that a person played a track, the first time."""
    _note(user, "listened_at")


def note_download(user: User) -> None:
    """Record that a person downloaded a track, the first time."""
    _note(user, "downloaded_at")


def _note(user: User, column: str) -> None:
    # Read first: an update takes SQLite's write lock, even if it changes nothing.
    open_ = Tour.objects.filter(user=user, dismissed_at=None, **{column: None})
    if open_.exists():
        open_.update(**{column: timezone.now()})


def dismiss(user: User) -> None:
    """Close a person's tour for good; idempotent."""
    Tour.objects.filter(user=user, dismissed_at=None).update(dismissed_at=timezone.now())
