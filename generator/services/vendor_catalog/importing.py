"""Importing a model from a vendor's catalog, and accepting a new version of it.

An operator accepts exactly the description that was shown: its digest comes back with the press, and a description
that has changed meanwhile is shown again. What if the process dies here? Each press is one transaction.
"""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from generator.messages import to_json
from generator.models import ImportedModel, ImportedVersion, MusicModel, Price, ProviderAccount, User
from generator.providers.importing import Importing, Offer
from generator.services.errors import UserError
from generator.services.provider_jobs import provider_accounts
from generator.services.vendor_catalog import vendor_offers
from generator.translation import translate


def add(account: ProviderAccount, path: str, digest: str, actor: User | None) -> MusicModel:
    """Make a model of an entry, switched on, with its price; without a known price it is offered once one is added.

    `digest`: that of the description which was shown.

    Raises:
        UserError: it cannot be imported, is there already, or has changed meanwhile.
    """
    offer = vendor_offers.read_offer(account, path)
    spec = offer.spec
    if spec is None:
        raise UserError(translate(offer.problem), code="not_importable")
    if offer.digest != digest:
        raise UserError(
            _("WaveSpeed has changed this model meanwhile. Look at it again before you add it."), code="changed"
        )
    with transaction.atomic():
        ProviderAccount.objects.select_for_update().get(pk=account.pk)  # one import at a time
        if MusicModel.objects.filter(key=spec.key).exists():
            raise UserError(_("The studio has this model already."), code="already_imported")
        model = MusicModel.objects.create(provider=account, key=spec.key, title=spec.title, is_imported=True)
        imported = ImportedModel.objects.create(model=model, path=offer.path, looked_at=timezone.now())
        version = _version(imported, offer)
        _accept(version, actor)
        if offer.price is not None:
            _add_price(model, offer, actor, _("Price when the model was imported"))
    return model


def _version(imported: ImportedModel, offer: Offer) -> ImportedVersion:
    doubts = [to_json(doubt) for doubt in offer.doubts]
    return ImportedVersion.objects.create(imported=imported, entry=offer.entry, digest=offer.digest, doubts=doubts)


def _accept(version: ImportedVersion, actor: User | None) -> None:
    version.accepted_at, version.accepted_by = timezone.now(), actor
    version.save(update_fields=["accepted_at", "accepted_by"])


def _add_price(model: MusicModel, offer: Offer, actor: User | None, note: str) -> None:
    Price.objects.create(
        model=model, per_take=offer.price or 0, formula=offer.formula, note=str(note)[:200], created_by=actor
    )


# --- new versions ---


def record_offer(imported: ImportedModel, offer: Offer) -> bool:
    """Record how the vendor describes a model now; return whether that is news.

    A description that differs from the one in use waits to be accepted, and the model is not offered until then.
    """
    now = timezone.now()
    with transaction.atomic():
        imported = ImportedModel.objects.select_for_update().get(pk=imported.pk)
        current = ImportedVersion.objects.current().get(imported=imported)
        waiting = imported.versions.filter(accepted_at=None).first()
        is_changed = offer.digest != current.digest
        is_news = is_changed and (waiting is None or waiting.digest != offer.digest)
        if waiting and (is_news or not is_changed):
            waiting.delete()
        if is_news:
            _version(imported, offer)
        imported.looked_at, imported.gone_at = now, None
        imported.changed_at = (imported.changed_at or now) if is_changed else None
        imported.save(update_fields=["looked_at", "gone_at", "changed_at"])
    return is_news


def record_absence(imported: ImportedModel) -> bool:
    """Record that the vendor no longer lists a model; return whether that is news. Its history stays."""
    now = timezone.now()
    ImportedModel.objects.filter(pk=imported.pk).update(looked_at=now)
    return bool(ImportedModel.objects.filter(pk=imported.pk, gone_at=None).update(gone_at=now))


def waiting_offer(imported: ImportedModel) -> Offer | None:
    """Return the description that waits to be accepted, or None."""
    version = imported.versions.filter(accepted_at=None).first()
    importer = provider_accounts.provider_of(imported.model.provider)
    return importer.frozen_offer(version.entry) if version and isinstance(importer, Importing) else None


def current_offer(imported: ImportedModel) -> Offer | None:
    """Return the description in use, or None if the provider is not installed."""
    version = ImportedVersion.objects.current().filter(imported=imported).first()
    importer = provider_accounts.provider_of(imported.model.provider)
    return importer.frozen_offer(version.entry) if version and isinstance(importer, Importing) else None


def accept(imported: ImportedModel, digest: str, actor: User | None) -> None:
    """Use the vendor's new description from now on, with its price if that has changed.

    Requests that were made before keep their version and their price.

    Raises:
        UserError: there is nothing to accept, it has changed meanwhile, or the studio cannot use it.
    """
    with transaction.atomic():
        imported = ImportedModel.objects.select_for_update().select_related("model__provider").get(pk=imported.pk)
        new, old = waiting_offer(imported), current_offer(imported)
        version = imported.versions.filter(accepted_at=None).first()
        if new is None or old is None or version is None or version.digest != digest:
            raise UserError(_("There is another version now. Look at it before you accept it."), code="changed")
        if new.spec is None:
            raise UserError(translate(new.problem), code="not_importable")
        _accept(version, actor)
        ImportedModel.objects.filter(pk=imported.pk).update(changed_at=None)
        if new.price is None:
            # The listed price is of another version: the model waits for a price, as after a quote that differs.
            MusicModel.objects.filter(pk=imported.model_id).update(quoted=None, quoted_at=timezone.now())
        elif (new.price, new.formula) != (old.price, old.formula) or imported.model.quoted_at:
            _add_price(imported.model, new, actor, _("Price of the accepted version"))
