"""Every address of this contract, with every method and every kind of key. A new one without a row here fails.

Without a valid key every row is 401, except the `open` ones, which are the same for everyone. A
method without a row is 405. `other` is the same owner's key for another project; `stranger` another person's key.
"""

import pytest
from django.db import transaction

from generator.api.compat.wavespeed.predictions import id_of
from generator.api.compat.wavespeed.urls import urlpatterns
from generator.models import Membership, Project, Role, Scope
from generator.services.team import api_keys
from tests.api.wavespeed.conftest import Program
from tests.conftest import COMPOSER

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
KEYED = ("read", "generate", "other", "stranger")
KEYLESS = ("none", "wrong", "revoked")

TABLE = """
    name             method  read  generate  other  stranger  address
    models           GET     200   200       200    200       models
    price            POST    200   200       200    200       model/price
    pricing          POST    200   200       200    200       model/pricing
    predictions      GET     200   200       200    200       predictions
    predictions      POST    200   200       200    200       predictions
    delete           POST    403   200       200    200       predictions/delete
    prediction       GET     200   200       404    404       predictions/{id}
    prediction       DELETE  403   200       404    404       predictions/{id}
    result           GET     200   200       404    404       predictions/{id}/result
    ticket           POST    403   200       200    200       media/uploads
    binary           POST    415   415       415    415       media/upload/binary
    upload           POST    415   415       415    415       upload
    put              PUT     open  403       403    403       media/put/x~y~z
    file             GET     open  404       404    404       media/files/x~y~z/sound.mp3
    stem             GET     open  404       404    404       media/stems/x~y~z/a.mp3
    balance          GET     200   200       200    200       balance
    account-balance  GET     200   200       200    200       account/balance
    billings         POST    200   200       200    200       billings/search
    usage            POST    200   200       200    200       user/usage_stats
    secret           GET     200   200       200    200       webhook/secret
    openapi          GET     open  200       200    200       openapi.json
    none             *       404   404       404    404       models/nothing
    submit           POST    403   200       200    200       composer/studio
    else             *       404   404       404    404       nothing
"""
BODIES = {
    "price": {"model_id": COMPOSER},
    "pricing": {"model_id": COMPOSER},
    "delete": {"ids": ["{id}"]},
    "ticket": {"filename": "a.mp3", "size": 10},
    "submit": {"prompt": "warm lo-fi, 6 s"},
}
ROWS = [line.split() for line in TABLE.strip().splitlines()[1:]]
PATTERNS = {str(pattern.name).removeprefix("wavespeed-"): pattern for pattern in urlpatterns}


def expected(name: str, method: str, who: str) -> int:
    row = next((row for row in ROWS if row[0] == name and row[1] in (method, "*")), None)
    is_open = any(row[0] == name and row[2] == "open" for row in ROWS)
    if who in KEYLESS and not is_open:
        return 401
    if row is None:
        return 405
    return int(row[3] if is_open else row[2 + KEYED.index(who)])


@pytest.fixture
def programs(user, stranger, project) -> dict[str, Program]:
    elsewhere = Project.objects.create(name="Elsewhere")
    Membership.objects.create(project=elsewhere, user=user, role=Role.OWNER)
    made = {
        "read": api_keys.make(user, "read", Scope.READ, project=project),
        "generate": api_keys.make(user, "generate", project=project),
        "other": api_keys.make(user, "other", project=elsewhere),
        "stranger": api_keys.make(stranger, "stranger"),
        "revoked": api_keys.make(user, "revoked"),
    }
    api_keys.revoke(made["revoked"][0], user)
    tokens = {name: token for name, (_, token) in made.items()}
    return {name: Program(token) for name, token in (tokens | {"none": "", "wrong": "bgm_12345678_x"}).items()}


def test_every_address_has_a_row():
    assert {row[0] for row in ROWS} == set(PATTERNS)
    for name, *_, address in ROWS:
        assert PATTERNS[name].resolve(address.format(id="a" * 32)), address


@pytest.mark.parametrize("name", PATTERNS)
def test_it_answers_each_as_it_should(name, programs, ask):
    id = id_of(ask())
    address = next(row[-1] for row in ROWS if row[0] == name).format(id=id)
    body = {key: [id] if value == ["{id}"] else value for key, value in BODIES.get(name, {}).items()}
    for method in METHODS:
        for who, program in programs.items():
            with transaction.atomic():
                status, said = program(method, address, body if method != "GET" else None)
                assert status == expected(name, method, who), (method, who, said)
                assert "error" not in said
                transaction.set_rollback(True)
