"""The program of the tutorial: a shell in which the public names are a sandbox."""

import subprocess
from pathlib import Path

from tests.docs.conftest import Reader
from tests.docs.page import Page
from tests.house.tree import ROOT

SHELL = """#!/bin/sh
crosstrust verify public.ecr.aws/nicolas/webdis:0.1.19 \\
    --signed-by docker.io/nicolas/webdis --tofu --format digest > trusted.txt
crosstrust policy init public.ecr.aws/nicolas/webdis \\
    --signed-by docker.io/nicolas/webdis -o proposed.toml
"""


def test_a_shell_opens_in_the_sandbox(reader: Reader, tmp_path: Path) -> None:
    [program] = [b for b in Page(ROOT / "docs" / "tutorial.md").blocks() if b.title == "sandbox.py"]
    (reader.folder / "sandbox.py").write_text(program.text, encoding="utf-8")
    shell = tmp_path / "shell"
    shell.write_text(SHELL, encoding="utf-8")
    shell.chmod(0o755)
    done = subprocess.run(
        [reader.folder / ".venv" / "bin" / "python", "-W", "error", "sandbox.py"],
        cwd=reader.folder,
        env={**reader.environ, "SHELL": str(shell)},
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    trusted = (reader.folder / "trusted.txt").read_text(encoding="utf-8")
    assert trusted.startswith("public.ecr.aws/nicolas/webdis@sha256:")
    proposed = (reader.folder / "proposed.toml").read_text(encoding="utf-8")
    keys = (reader.folder / "published-keys.txt").read_text(encoding="utf-8").splitlines()
    assert len(keys) == 3
    assert [key for key in keys if key.split()[1] not in proposed] == []
