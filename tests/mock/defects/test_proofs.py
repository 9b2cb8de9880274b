"""Each defect is real: its probe sees it, and sees nothing of the kind on a right instance."""

from __future__ import annotations

import pytest

from conformance.contract import release_ids
from conformance.mock.behaviour import Behaviour
from conformance.mock.defects import Defect, behaviour_for, catalogue
from conformance.mock.defects.probe import ProbeFailed, prove

CATALOGUE = catalogue()
OLDEST, NEWEST = release_ids()[0], release_ids()[-1]


def defects(*releases: str) -> list:
    """The defects of the releases, each with the right instance of its release; what is in between, the self-test
    proves.
    """
    return [
        pytest.param(name, defect, id=f"{name}-{defect.id}") for name in releases for defect in catalogue(name).values()
    ]


def probes(*releases: str) -> list:
    """Each probe of the releases' defects."""
    found = {(name, defect.probe): defect.id for name in releases for defect in catalogue(name).values()}
    return [pytest.param(name, probe, id=f"{name}-{defect}") for (name, probe), defect in found.items()]


@pytest.mark.parametrize(("prover", "defect"), defects(OLDEST, NEWEST), indirect=["prover"])
def test_a_defect_shows_itself_to_its_probe(prover, defect):
    evidence = prover.prove(defect)
    assert "rightly" in evidence
    assert "\n" not in evidence


@pytest.mark.parametrize(("prover", "probe"), probes(OLDEST, NEWEST), indirect=["prover"])
def test_a_probe_sees_the_same_of_another_right_instance(prover, probe):
    assert prover.right(probe) == prover.look(Behaviour(), probe)


def test_a_defect_that_does_nothing_is_found_out():
    idle = Defect("any.idle", "Does nothing.", ("list.id",), Behaviour, CATALOGUE["list.id.null"].probe)
    with pytest.raises(ProbeFailed, match=r"the defect any\.idle shows nothing: list answers models\[\]\.id as a pos"):
        prove(idle)


@pytest.mark.parametrize(
    "ids",
    [
        ("list.id.null", "list.name.renamed", "get.id.mistyped"),
        ("upload.digest.of-name", "upload.file-name.digest", "upload.id.unknown"),
        (
            "upload.name-required.missing-accepted",
            "upload.name-required.null-accepted",
            "upload.mistyped.name-accepted",
        ),
        ("list.open-without-token", "get.open-without-token", "authentication.token.none-accepted"),
        ("api.docs.missing", "curl.list.blocked", "errors.empty-body.no-reply", "upload.concurrent.ids-mixed-up"),
        ("upload.visibility-required.refused-but-created", "upload.schemas-nested.accepted-but-lost"),
    ],
    ids=lambda ids: ids[0],
)
def test_several_defects_at_once_all_show_themselves(prover, ids):
    for name in ids:
        probe = CATALOGUE[name].probe
        assert prover.look(behaviour_for(ids), probe) != prover.right(probe), name
