"""One attack: a world of its own, a victim who runs the command, and what has to come of it.

The command runs in this process, over real sockets, in an empty home. Each expectation is
noted, so that ``gate.py`` can tell which codes were seen to pass and which to fail.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from crosstrust.cli.main import main
from crosstrust.sandbox import Sandbox
from crosstrust.sandbox.release import Release
from crosstrust.sandbox.service import Service
from tests.attacks.outcome import EXIT_CODES, Outcome, hash_files


@dataclass(slots=True)
class Trial:
    """``notes`` are pytest's user properties of the running test."""

    sandbox: Sandbox
    release: Release
    service: Service
    home: Path
    patch: pytest.MonkeyPatch
    caught: pytest.CaptureFixture[str]
    notes: list[tuple[str, object]] = field(repr=False)

    @property
    def copy(self) -> str:
        """The mirror's copy, by tag."""
        return f"{self.sandbox.mirror}:{self.release.tag}"

    @property
    def root_pin(self) -> str:
        return f"root={self.sandbox.author.pins().root[0]}"

    def run(self, *arguments: str) -> Outcome:
        """Run any command, in the folder ``home/work``."""
        before = hash_files(self.home)
        code = main(list(arguments))
        said = self.caught.readouterr()
        return Outcome(code, said.out, said.err, before, hash_files(self.home))

    def verify(self, *more: str, image: str = "", pins: Iterable[str] | None = None) -> Outcome:
        """Verify the copy (or ``image``) with the author's root key pinned (or ``pins``)."""
        pinned = [self.root_pin] if pins is None else list(pins)
        options = [word for pin in pinned for word in ("--pin", pin)]
        if "--signed-by" not in more and "--policy" not in more:
            options += ["--signed-by", self.sandbox.origin]
        return self.run("verify", image or self.copy, "--format", "json", *options, *more)

    def expect_trusted(self, outcome: Outcome, *passed: str) -> None:
        """Trusted, and each of ``passed`` is a code whose check was made and passed.

        For a code that shows only when something is wrong (``http.timeout``), a trusted run of
        the same kind is where it passes: name it too, if this run would have met it.
        """
        assert (outcome.code, outcome.verdict["decision"]) == (0, "trusted"), outcome.out
        wrong = {check["code"] for check in outcome.checks("failed") + outcome.checks("unknown")}
        assert not wrong & set(passed)
        self._note("passed", *passed)

    def expect_warned(self, outcome: Outcome, code: str, *, where: str = "") -> None:
        """Trusted, with a warning of ``code`` that the reader should know of."""
        self.expect_trusted(outcome)
        warnings = outcome.verdict["warnings"]
        assert any(code == one["code"] and where in one["where"] for one in warnings), warnings
        self._note("failed", code)

    def expect_refused(
        self,
        outcome: Outcome,
        code: str,
        klass: str,
        *,
        where: str = "",
        writes: str = "",
        undecided: bool = False,
    ) -> None:
        """Not trusted, because of ``code`` with ``klass``, and nothing written (W0).

        ``where``: a part of the place that the check names. ``writes``: the one file, by the
        start of its path below the home, that may change (W1). ``undecided``: exit code 3
        although the class is most often that of a rejection.
        """
        exit_code = 3 if undecided else EXIT_CODES[klass]
        assert outcome.code == exit_code, (outcome.out, outcome.err)
        verdict = outcome.verdict
        assert verdict["decision"] == ("undecided" if exit_code == 3 else "rejected")
        assert verdict["digest"] is None
        found = outcome.checks("failed") + outcome.checks("unknown")
        named = [one for one in found if (one["code"], one["class"]) == (code, klass)]
        assert named, [(one["code"], one["class"], one["where"]) for one in found]
        assert any(where in one["where"] for one in named), named
        assert all(one["remedy"] for one in named)
        written = {name for name in outcome.written if not (writes and name.startswith(writes))}
        assert written == set()
        self._note("failed", code)

    def expect_usage(self, outcome: Outcome, code: str) -> None:
        """Wrong usage: exit code 2, one line that names the code, nothing written."""
        self._expect_line(outcome, code, 2)

    def expect_trouble(self, outcome: Outcome, code: str) -> None:
        """This machine's trouble: exit code 3, one line that names the code, nothing written."""
        self._expect_line(outcome, code, 3)

    def _expect_line(self, outcome: Outcome, code: str, exit_code: int) -> None:
        assert (outcome.code, outcome.out) == (exit_code, ""), outcome
        assert outcome.err.count("\n") == 1
        assert outcome.err.startswith(f"crosstrust: {code}: ")
        assert outcome.written == set()
        self._note("failed", code)

    def note_passed(self, *codes: str) -> None:
        """Note codes that a successful run of a command other than verify has shown to pass."""
        self._note("passed", *codes)

    def note_failed(self, *codes: str) -> None:
        """Note codes that only ever pass, or are missing: a run has shown them missing."""
        self._note("failed", *codes)

    def _note(self, kind: str, *codes: str) -> None:
        self.notes.extend((kind, code) for code in codes)
