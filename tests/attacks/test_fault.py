"""Every fault at every request of a verification: never trusted for it, and named for what it is.

The user has passwords, which must stay where they belong whatever a server does.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path

import pytest

from crosstrust import Class, Decision, Options, Verdict, verify
from crosstrust.app.clock import now
from crosstrust.sandbox import Sandbox, publish_release
from crosstrust.sandbox.exchange import Request, Response, answer_error
from crosstrust.sandbox.fault import CONNECTION_FAULTS, ELSEWHERE, FAULTS
from crosstrust.sandbox.release import TAG
from crosstrust.sandbox.service import Service
from tests.attacks.outcome import hash_files
from tests.canaries.planted import planted, proxied, write_auth_file
from tests.canaries.secret import secrets_in

# A budget that a fault uses up, and one that nothing here does, however busy the machine is.
SHORT, LONG = 0.5, 60
HOSTS = ("auth.docker.io", "notary.docker.io", "registry-1.docker.io", "public.ecr.aws")
TRUST = "notary.docker.io/v2/docker.io/nicolas/webdis/_trust/tuf/"
HUB, ECR = "registry-1.docker.io/v2/nicolas/webdis/", "public.ecr.aws/v2/nicolas/webdis/"
# What a request is for: its method, and how its place begins (with a space: the whole of it).
PLACES = {
    "tokens": ("GET", "auth.docker.io/token "),
    "mirror's token": ("GET", "public.ecr.aws/token/ "),
    "hub, early": ("HEAD", "registry-1.docker.io/v2/ "),
    "notary, early": ("HEAD", "notary.docker.io/v2/ "),
    "timestamp": ("GET", f"{TRUST}timestamp."),
    "root": ("GET", f"{TRUST}root."),
    "next root": ("GET", f"{TRUST}2.root."),
    "snapshot": ("GET", f"{TRUST}snapshot."),
    "targets": ("GET", f"{TRUST}targets."),
    "releases": ("GET", f"{TRUST}targets/releases."),
    "signer": ("GET", f"{TRUST}targets/nicolasff."),
    "author's tag": ("GET", f"{HUB}manifests/{TAG} "),
    "copy's tag": ("GET", f"{ECR}manifests/{TAG} "),
    "author's manifests": ("GET", f"{HUB}manifests/sha256:"),
    "copy's manifests": ("GET", f"{ECR}manifests/sha256:"),
    "copy's configs": ("GET", f"{ECR}blobs/"),
    "author's last look": ("HEAD", f"{HUB}manifests/{TAG} "),
    "copy's last look": ("HEAD", f"{ECR}manifests/{TAG} "),
}
ROLES = {"timestamp", "root", "next root", "snapshot", "targets", "releases", "signer"}
EARLY = {"hub, early", "notary, early"}
TOKENS = {"tokens", "mirror's token"}
LOOKS = {"author's last look", "copy's last look"}
ECR_PLACES = {place for place, (_, start) in PLACES.items() if start.startswith(ECR)}
UNREACHABLE = {
    *("silent", "closed", "reset", "cut in the head", "cut in the body", "trickle"),
    *("longer than it is", "408", "429", "429, an hour", "500", "502", "503"),
}
REFUSED = {"401 for ever", "403"}


def is_harmless(fault: str, place: str) -> bool:
    """Whether what is asked there is nothing that trust rests on, or is not even distorted."""
    if place in EARLY or place == "author's tag":
        # A connection opened early; a first look at a tag whose signed digest is asked for anyway.
        return not (
            place == "author's tag" and fault in {"another media type", "shorter than it is"}
        )
    if fault == "another media type":
        return place in ROLES | TOKENS | {"copy's configs", "author's last look"}
    if place == "next root":
        # There is none, which a 404 says, whatever its body, and whoever else says it.
        return fault in {"404", "endless", "shorter than it is", "redirect elsewhere"}
    # A HEAD has no body, and where it finds nothing a GET decides.
    return place in LOOKS and fault in {
        *("cut in the body", "endless", "longer than it is", "shorter than it is"),
        *("a page for people", "404", "redirect elsewhere"),
    }


def classes(fault: str, place: str) -> set[str]:
    """The classes that may stand for a fault at a place."""
    if fault in UNREACHABLE:
        # A role that is longer than its signed length is refused before it breaks off.
        return {"U", "R"} if fault == "longer than it is" and place in ROLES else {"U"}
    if fault in REFUSED:
        # The challenge names a realm that is not the mirror's, and the registry's service.
        foreign = fault == "401 for ever" and place in ECR_PLACES | ROLES
        return {"A", "R"} if foreign else {"A"}
    if fault == "400" and place in TOKENS:
        return {"A"}
    if fault in {"404", "redirect elsewhere"}:
        # There is nothing elsewhere: the author did not sign, the mirror has a gap, or it is odd.
        return {"N", "M", "R", "T", "U"}
    if fault in {"shorter than it is", "a page for people", "another media type"}:
        return {"R", "T", "M"}
    return {"R"}


@dataclass(slots=True)
class Elsewhere:
    """A place that nobody named, and what it was sent."""

    asked: list[Request] = field(default_factory=list)

    def respond(self, request: Request) -> Response:
        self.asked.append(request)
        return answer_error(404, "NAME_UNKNOWN", "nothing here")


@dataclass(frozen=True, slots=True)
class World:
    sandbox: Sandbox
    service: Service
    elsewhere: Elsewhere
    floors: dict[str, bytes] = field(default_factory=dict)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """``floors`` are what someone remembers who met no fault."""
    sandbox = Sandbox(at=now())
    release = publish_release(sandbox)
    roles = ("targets/nicolasff", "targets/releases")
    sandbox.author.sign("0.1.18", release.signed, release.length, roles=roles)
    sandbox.publish()
    elsewhere = Elsewhere()
    sites = {**sandbox.sites, ELSEWHERE.split("/")[2]: elsewhere}
    with Service(sites, local="notary.docker.io") as service:
        found = World(sandbox, service, elsewhere)
        home = tmp_path_factory.mktemp("clean")
        assert ask(found, home)
        found.floors.update(floors(home))
        yield found


@pytest.fixture
def victim(tmp_path: Path) -> Path:
    """A home with docker's credentials in it."""
    write_auth_file(tmp_path / ".docker" / "config.json")
    return tmp_path


def budget(fault: str, place: str) -> float:
    """Only where a server is waited for, or asked again, the time matters: it is used up."""
    return SHORT if fault in UNREACHABLE and not is_harmless(fault, place) else LONG


def ask(world: World, home: Path, seconds: float = LONG) -> Verdict:
    served = proxied(world.service.environment)
    environ = {**planted(), **served, "DOCKER_CONFIG": str(home / ".docker")}
    options = Options(
        signed_by=world.sandbox.origin,
        pins=world.sandbox.author.pins(),
        environ=environ,
        home=home,
        timeout=seconds,
    )
    [verdict] = verify(f"{world.sandbox.mirror}:{TAG}", options)
    return verdict


def floors(home: Path) -> dict[str, bytes]:
    """The version floors of a user: what is remembered of every role."""
    folder = home / ".local/state/crosstrust"
    return {file.name: file.read_bytes() for file in folder.glob("state-seen*")}


def unfloored(files: dict[str, str]) -> dict[str, str]:
    """What was written but floors, which whatever pinned keys have signed may raise."""
    return {name: digest for name, digest in files.items() if "/state-seen" not in name}


def assert_no_secret(world: World, verdict: Verdict) -> None:
    sent = [str(request.headers) + request.target for request in world.elsewhere.asked]
    for text in (*sent, repr(verdict), *(repr(step.check) for step in verdict.evidence.steps)):
        assert secrets_in(text.encode()) == []
        assert "Bearer " not in text
    assert not [one for one in world.elsewhere.asked if "authorization" in one.headers]


def assert_named(verdict: Verdict, allowed: set[str]) -> None:
    assert verdict.klass is not None
    assert verdict.klass.value in allowed, (verdict.failures, verdict.gaps)
    undecided = verdict.klass in {Class.UNREACHABLE, Class.CREDENTIALS, Class.LOCAL}
    assert verdict.decision is (Decision.UNDECIDED if undecided else Decision.REJECTED)


def test_every_request_of_a_verification_has_its_place(world: World, victim: Path) -> None:
    before = len(world.service.requests)
    assert ask(world, victim)
    asked = {
        (seen.method, f"{seen.host}{seen.target.partition('?')[0]} ")
        for seen in world.service.requests[before:]
    }
    for method, place in asked:
        assert [1 for m, start in PLACES.values() if m == method and place.startswith(start)]
    for method, start in PLACES.values():
        assert [1 for m, place in asked if m == method and place.startswith(start)]


def faults_by_place() -> Iterator[pytest.ParameterSet]:
    """Every fault at every place. Each is met at every ninth place, and the rest is long."""
    for (number, fault), (shift, place) in product(enumerate(FAULTS), enumerate(PLACES)):
        later = (number + shift) % 9 > 0
        yield pytest.param(fault, place, marks=[pytest.mark.long] if later else [])


@pytest.mark.parametrize(("fault", "place"), [*faults_by_place()])
def test_a_fault_is_never_trusted(world: World, victim: Path, fault: str, place: str) -> None:
    method, start = PLACES[place]
    before = hash_files(victim)
    world.service.distort(start, FAULTS[fault], method=method)
    verdict = ask(world, victim, budget(fault, place))
    world.service.recover()
    assert_no_secret(world, verdict)
    if is_harmless(fault, place):
        assert verdict.decision is Decision.TRUSTED, (verdict.failures, verdict.gaps)
    else:
        assert_named(verdict, classes(fault, place))
        assert unfloored(hash_files(victim)) == before
    assert ask(world, victim).decision is Decision.TRUSTED
    assert floors(victim) == world.floors


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("fault", CONNECTION_FAULTS)
def test_a_connection_that_fails_is_unreachable(
    world: World, victim: Path, fault: str, host: str
) -> None:
    before = hash_files(victim)
    world.service.break_connections(host, CONNECTION_FAULTS[fault])
    verdict = ask(world, victim, SHORT)
    world.service.recover()
    assert_no_secret(world, verdict)
    assert_named(verdict, {"U"})
    assert unfloored(hash_files(victim)) == before


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_does_not_harm_what_was_kept(world: World, victim: Path, fault: str) -> None:
    assert ask(world, victim)
    before = hash_files(victim)
    method, start = PLACES["timestamp"]
    world.service.distort(start, FAULTS[fault], method=method)
    verdict = ask(world, victim, budget(fault, "timestamp"))
    world.service.recover()
    if is_harmless(fault, "timestamp"):
        assert verdict
    else:
        assert_named(verdict, classes(fault, "timestamp"))
        assert hash_files(victim) == before
