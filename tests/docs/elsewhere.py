"""Commands of the pages that are not run here: why, and where they are run instead.

Where one calls crosstrust, its arguments are read by the command's own parser all the same.
"""

_MADE = "installs packages, as `make dev` of .ci/run does; README.md's next command is its demo"
_DOCKER = "needs docker; crosstrust is read with docker's files in tests/unit/sources"
_EXAMPLE = "names servers that are nobody's; tests/unit has proxies and Notary servers of this kind"

ELSEWHERE: dict[str, str] = {
    "make demo": _MADE,
    "python sandbox.py": "opens a shell: test_tutorial.py has it open one",
    "docker login registry.example": _DOCKER,
    "HTTPS_PROXY=http://proxy.example:3128 NO_PROXY=registry.example \\": _EXAMPLE,
    "crosstrust manifest registry.example:5000/app:1 --plain-http registry.example:5000": _EXAMPLE,
    "crosstrust manifest registry.example/app:1 --realm registry.example=sso.example": _EXAMPLE,
    "DOCKER_CONTENT_TRUST_SERVER=https://notary.example \\": _EXAMPLE,
}
