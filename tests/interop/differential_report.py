"""What a run came to: each difference with the rule that it falls under, and the figures."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass

from tests.interop.differential import CRASH
from tests.interop.differential_rule import Rule, row_rule, rule_for
from tests.interop.differential_run import Finding, Result, World, compare
from tests.interop.kind_table import ACTS, KINDS


@dataclass(frozen=True)
class Counts:
    """How many repositories of each kind were made, and accepted by docker and by us."""

    made: Counter[str]
    docker: Counter[str]
    own: Counter[str]


@dataclass(frozen=True)
class Report:
    """All results, and each finding with its rule; ``again``: how often docker was asked twice."""

    results: list[Result]
    findings: list[tuple[Finding, Rule | None]]
    again: int

    @property
    def laxer(self) -> list[Finding]:
        """Where we accept what docker or notary refuses."""
        return [finding for finding, _ in self.findings if finding.kind == "laxer"]

    @property
    def unexplained(self) -> list[Finding]:
        """All other differences without a rule."""
        return [f for f, rule in self.findings if rule is None and f.kind != "laxer"]

    @property
    def explained(self) -> set[int]:
        """The seeds of the repositories where we are stricter by a rule."""
        return {finding.made.seed for finding, rule in self.findings if rule is not None}

    def line(self) -> str:
        """The figures: repositories, not single differences."""
        laxer = {finding.made.seed for finding in self.laxer}
        unexplained = {finding.made.seed for finding in self.unexplained}
        return (
            f"differential: {len(self.results)} repositories, we laxer {len(laxer)}, stricter by "
            f"documented rule {len(self.explained)}, unexplained {len(unexplained)}"
        )

    def counts(self) -> Counts:
        """Count by kind."""
        found = Counts(Counter(), Counter(), Counter())
        for result in self.results:
            kind = result.made.kind
            found.made[kind] += 1
            found.docker[kind] += result.docker[result.made.name].rows is not None
            found.own[kind] += result.own[""].rows is not None
        return found

    def table(self) -> str:
        """Every kind with its counts, and the rules by which we differ."""
        found = self.counts()
        rules: dict[str, Counter[str]] = defaultdict(Counter)
        for finding, rule in self.findings:
            rules[finding.made.kind][rule.id if rule else finding.kind.upper()] += 1
        lines = ["", f"{'kind':42}{'made':>6}{'docker':>8}{'we':>6}  differences"]
        for kind in ("honest", *KINDS, *ACTS):
            by_rule = ", ".join(f"{name} {count}" for name, count in sorted(rules[kind].items()))
            figures = f"{found.made[kind]:6}{found.docker[kind]:8}{found.own[kind]:6}"
            lines.append(f"{kind:42}{figures}  {by_rule}")
        totals = f"{found.made.total():6}{found.docker.total():8}{found.own.total():6}"
        return "\n".join([*lines, f"{'all':42}{totals}  {self._peers()}"])

    def _peers(self) -> str:
        notary = [result.notary for result in self.results if result.notary]
        accepted = sum(view.rows is not None for view in notary)
        views = [result.docker[result.made.name] for result in self.results]
        crashed = sum(view.why.startswith(CRASH) for view in views)
        return (
            f"notary accepts {accepted} of {len(notary)}\n"
            f"docker crashed on {crashed}, was asked again about {self.again}"
        )


def report_of(world: World, seeds: range) -> Report:
    """Make the repositories of ``seeds``, ask all judges, and compare."""
    with world.service:
        results = world.run(seeds)
    found = [finding for result in results for finding in compare(result)]
    return Report(results, [(each, _rule(each)) for each in found], len(world.again))


def _rule(finding: Finding) -> Rule | None:
    if finding.kind in {"signers", "fewer"}:
        return row_rule(finding.made, finding.peer)
    if finding.kind == "stricter":
        return rule_for(finding.made, finding.tag, finding.text)
    return None
