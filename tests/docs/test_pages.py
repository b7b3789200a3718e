"""Every command and program of README and docs does what the page says."""

import re
import shlex
import subprocess
from collections.abc import Callable, Iterator
from importlib import import_module
from itertools import takewhile

import pytest

from crosstrust import InputError, parse_policy
from crosstrust.cli.command import find_command
from crosstrust.cli.parser import make_parser
from tests.docs.conftest import Reader
from tests.docs.elsewhere import ELSEWHERE
from tests.docs.page import Block, Page, pages
from tests.docs.transcript import (
    ANY_LINES,
    SHOW_CODE,
    Done,
    agrees,
    commands,
    replaced,
    run_commands,
    run_shell,
)

CALL = re.compile(r"(?:^|[ /])crosstrust ")
IMAGE = f'[[image]]\nname = "a/b"\nkeys.root = ["{"0" * 64}"]\n'
LANGUAGES = frozenset({"console", "sh", "python", "toml", "json", "yaml", "text"})
each_page = pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)


@each_page
def test_a_page_says_what_happens(page: Page, reader: Reader, *, golden_rewritten: bool) -> None:
    troubles: list[str] = []
    corrected: dict[int, Done] = {}
    for block in page.blocks():
        if block.title:
            text = replaced(block.text, reader.names)
            (reader.folder / block.title).write_text(text, encoding="utf-8")
        if block.language == "console":
            for done in _typed(block, reader):
                if golden_rewritten and ANY_LINES not in done.command.shown:
                    corrected[done.command.line] = done
                else:
                    troubles += _judged(page, done)
        elif not block.title and block.language in RUN:
            troubles += [
                f"{page.name}:{block.start}: {t}" for t in RUN[block.language](block, reader)
            ]
    _rewrite(page, corrected)
    assert troubles == []


def _typed(block: Block, reader: Reader) -> list[Done]:
    """What the commands of a block did, an unexplained exit code among the output."""
    here = [command for command in commands(block) if not command.elsewhere]
    done = run_commands(here, reader.folder, reader.environ, reader.names)
    return [_explained(one, done[at + 1 : at + 2]) for at, one in enumerate(done)]


def _explained(done: Done, after: list[Done]) -> Done:
    if done.code and not (after and after[0].command.text == SHOW_CODE):
        return Done(done.command, done.code, (*done.printed, f"(exit code {done.code})"))
    return done


def _judged(page: Page, done: Done) -> Iterator[str]:
    if not agrees(done.command.shown, done.printed):
        printed = "\n".join(done.printed)
        yield f"{page.name}:{done.command.line}: `{done.command.text}` printed\n{printed}"


def _rewrite(page: Page, corrected: dict[int, Done]) -> None:
    """Put what was printed below each command whose output has changed."""
    lines = page.lines
    for line, done in sorted(corrected.items(), reverse=True):
        if not agrees(done.command.shown, done.printed):
            first = line + done.command.text.count("\n")
            lines[first : first + len(done.command.shown)] = done.printed
    if lines != page.lines:
        page.file.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _run_script(block: Block, reader: Reader) -> Iterator[str]:
    """A script without output: it must end well."""
    if any(line in ELSEWHERE for line in block.lines):
        return
    script = replaced(f"set -eu\n{block.text}", reader.names)
    code, output = run_shell(script, reader.folder, reader.environ)
    if code:
        yield f"exit code {code}\n{output}"


def _run_python(block: Block, reader: Reader) -> Iterator[str]:
    program = reader.folder / ".venv" / "bin" / "python"
    done = subprocess.run(
        [program, "-W", "error", "-c", replaced(block.text, reader.names)],
        capture_output=True,
        cwd=reader.folder,
        env=reader.environ,
        timeout=60,
        check=False,
    )
    if done.returncode or done.stderr:
        yield done.stderr.decode()


def _run_policy(block: Block, _reader: Reader) -> Iterator[str]:
    """A policy, or a part of one: it must be well-formed as it stands."""
    text = block.text if "[[image]]" in block.text else f"{IMAGE}{block.text}"
    try:
        yield from (notice.text for notice in parse_policy(text, "policy").warnings)
    except InputError as error:
        yield str(error)


RUN: dict[str, Callable[[Block, Reader], Iterator[str]]] = {
    "sh": _run_script,
    "python": _run_python,
    "toml": _run_policy,
}


def _shown_lines() -> set[str]:
    """Every command of a console and every line of a script, as it stands on a page."""
    blocks = [block for page in pages() for block in page.blocks()]
    typed = {command.text for b in blocks if b.language == "console" for command in commands(b)}
    return typed | {line for block in blocks if block.language == "sh" for line in block.lines}


def _calls_not_run() -> Iterator[tuple[str, str]]:
    """Calls of crosstrust that nothing here carries out, with their place."""
    for page in pages():
        for block in page.blocks():
            text = block.text.replace("\\\n", " ")
            skipped = any(line.removeprefix("$ ") in ELSEWHERE for line in block.lines)
            if block.language == "yaml" or skipped:
                lines = (line for line in text.splitlines() if CALL.search(line))
                yield from ((f"{page.name}:{block.start}", line) for line in lines)


def _arguments(line: str) -> list[str]:
    """The words after ``crosstrust`` in a line, up to the end of that command."""
    lexer = shlex.shlex(CALL.split(line, maxsplit=1)[1], posix=True, punctuation_chars=";|&()<>")
    lexer.whitespace_split = True
    return list(takewhile(lambda word: not set(word) <= set(";|&()<>"), lexer))


@each_page
def test_a_block_has_a_language_that_is_known(page: Page) -> None:
    found = [(block.start, block.language) for block in page.blocks()]
    assert [one for one in found if one[1] not in LANGUAGES] == []


def test_what_is_run_elsewhere_is_on_a_page() -> None:
    assert set(ELSEWHERE) - _shown_lines() == set()


def test_a_call_that_is_not_run_is_one_that_crosstrust_has() -> None:
    called = list(_calls_not_run())
    assert called
    for place, line in called:
        command, rest = find_command(_arguments(line))
        assert command, f"{place}: {line}"
        parser = make_parser(command)
        import_module(f"crosstrust.cli.{command.replace(' ', '_')}").configure(parser)
        assert vars(parser.read(rest, {}))
