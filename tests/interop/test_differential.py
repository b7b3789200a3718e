"""Random repositories before the real docker and notary, and before us: we are never the laxer one.

DIFFERENTIAL_N and DIFFERENTIAL_SEED, the first seed, make it longer and another one. A finding
names its seed. `make differential` does the same by itself.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.interop.differential_report import Report, report_of
from tests.interop.differential_rule import RULES
from tests.interop.differential_run import open_world
from tests.interop.kind_table import ACTS, KINDS

LEAST = 2000
N = int(os.environ.get("DIFFERENTIAL_N", str(LEAST)))
FIRST = int(os.environ.get("DIFFERENTIAL_SEED", "0"))
# A generator whose work is refused always, or never, tests nothing.
ACCEPTED = (0.45, 0.85)
OWN_LEAST = 0.35
LIST = Path(__file__).parents[2] / "docs" / "reference" / "docker-differences.md"


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    world = open_world(tmp_path_factory.mktemp("differential"))
    return report_of(world, range(FIRST, FIRST + N))


def test_what_docker_or_notary_refuses_we_refuse(report: Report) -> None:
    assert [str(each) for each in report.laxer] == []


def test_no_tag_has_another_digest_than_docker_or_notary_shows(report: Report) -> None:
    assert [str(each) for each, _ in report.findings if each.kind == "other"] == []


def test_every_further_difference_is_a_rule(report: Report) -> None:
    assert [str(each) for each in report.unexplained] == []


def test_every_rule_is_documented() -> None:
    text = LIST.read_text()
    assert [r.id for r in RULES if f"| {r.id} | {r.docker} | {r.why} |" not in text] == []


def test_honest_repositories_are_accepted_by_all(report: Report) -> None:
    honest = [result for result in report.results if result.made.kind == "honest"]
    refused = [
        str(result.made)
        for result in honest
        if result.docker[result.made.name].rows is None or result.own[""].rows is None
    ]
    assert honest
    assert refused == []


def test_the_generator_is_balanced_and_complete(
    report: Report, capsys: pytest.CaptureFixture[str]
) -> None:
    counts, total = report.counts(), len(report.results)
    with capsys.disabled():
        print(report.table(), report.line(), sep="\n")
    assert ACCEPTED[0] <= counts.docker.total() / total <= ACCEPTED[1]
    assert counts.own.total() / total >= OWN_LEAST
    if total >= LEAST:
        assert set(counts.made) == {"honest", *KINDS, *ACTS}
        assert {rule.id for _, rule in report.findings if rule} == {rule.id for rule in RULES}
