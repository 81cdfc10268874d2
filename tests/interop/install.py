"""Installs a client from the registry of its ecosystem, once, below the build folder.

Each function takes the client and the build folder and leaves what the client's command runs. What was installed for the
same sources is not installed again. `Unavailable` says that a tool or the registry is not to be had here.
"""

import hashlib
import json
import os
import pathlib
import platform
import re
import shutil
import subprocess

HERE = pathlib.Path(__file__).parent
INSTALL_SECONDS = 900


class Unavailable(Exception):
    """No such tool, or no answer from the registry."""


def need(tool):
    if not shutil.which(tool):
        raise Unavailable(f"{tool} is not installed")


def run(command, where, unreachable=True, **environment):
    ran = subprocess.run(
        [str(word) for word in command],
        cwd=where,
        env=os.environ | environment,
        text=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=INSTALL_SECONDS,
    )
    if ran.returncode:
        last = " / ".join(ran.stdout.strip().splitlines()[-6:])
        raise (Unavailable if unreachable else RuntimeError)(f"{' '.join(map(str, command[:3]))}: {last}")
    return ran.stdout


def fresh(folder, sources, extra=""):
    """True if `folder` does not hold what these sources lead to; `done` remembers them."""
    digest = hashlib.sha256(extra.encode())
    for source in sources:
        digest.update(source.read_bytes())
    mark = folder / ".installed"
    if mark.exists() and mark.read_text() == digest.hexdigest():
        return None
    folder.mkdir(parents=True, exist_ok=True)
    return lambda: mark.write_text(digest.hexdigest())


def npm(client, build):
    need("node")
    need("npm")
    folder, manifest = build / client.folder, HERE / client.folder / "package.json"
    done = fresh(folder, [manifest])
    if done:
        shutil.copy(manifest, folder)
        run(["npm", "install", "--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts"], folder)
        done()


def pip(client, build):
    """A virtual environment with exactly what the client's list names."""
    need("/usr/bin/python3")
    wanted, place = HERE / client.folder / f"{client.name}.txt", build / client.name
    done = fresh(place, [wanted])
    if done:
        run(["/usr/bin/python3", "-m", "venv", "--clear", place], build)
        run([place / "bin" / "pip", "install", "--no-input", "--no-deps", "--only-binary", ":all:", "-r", wanted], build)
        done()


def maven(client, build):
    """The jars of pom.xml for the client's Kafka version, and our sources compiled against them."""
    need("mvn")
    need("javac")
    pom = HERE / client.folder / client.pom
    libs, classes = build / client.name / "libs", build / client.name / "classes"
    done = fresh(libs, [pom], client.version)
    if done:
        command = ["mvn", "-q", "-B", "-f", pom, f"-Dkafka.version={client.version}", "dependency:copy-dependencies"]
        command.append(f"-DoutputDirectory={libs}")
        try:
            run([*command, "-o"], build)
        except Unavailable:
            run(command, build)
        done()
    sources = sorted((HERE / client.folder).glob("*.java"))
    done = fresh(classes, sources, client.version)
    if done:
        run(["javac", "-nowarn", "-d", classes, "-cp", f"{libs}/*", *sources], build, unreachable=False)
        done()


GO_NEEDED = (1, 26)  # by the clients; Debian 12 has 1.19
GO_FETCHED = "1.27.3"


def go_command():
    """The go on the path, or when it is too old a newer one, which it fetches like any module; and its environment."""
    need("go")
    version = subprocess.run(["go", "env", "GOVERSION"], capture_output=True, text=True, cwd="/").stdout
    if tuple(int(n) for n in re.findall(r"\d+", version)[:2]) >= GO_NEEDED:
        return "go", {}
    module = f"golang.org/toolchain@v0.0.1-go{GO_FETCHED}.linux-{'arm64' if platform.machine() == 'aarch64' else 'amd64'}"
    told = run(["go", "mod", "download", "-json", module], "/", GOFLAGS="-modcacherw")
    root = pathlib.Path(json.loads(told[told.index("{") :])["Dir"])
    for program in [*root.glob("bin/*"), *root.glob("pkg/tool/*/*")]:
        program.chmod(0o755)  # a module has no programs
    return root / "bin" / "go", {"GOROOT": str(root), "GOTOOLCHAIN": "local"}


def go(client, build):
    folder, program = HERE / client.folder, build / client.name / "scenarios"
    sources = [*(HERE / "go-stage").glob("*.go"), *folder.glob("*.go"), folder / "go.mod", folder / "go.sum"]
    done = fresh(program.parent, sorted(sources))
    if done:
        command, environment = go_command()
        run([command, "mod", "download"], folder, **environment)
        run([command, "build", "-buildvcs=false", "-o", program, "."], folder, unreachable=False, **environment)
        done()


def cargo(client, build):
    """Without a lock file, which would name a registry; the versions of what is used directly are exact."""
    need("cargo")
    folder, target = HERE / client.folder, build / client.name
    sources = [folder / "Cargo.toml", *sorted((folder / "src").glob("*.rs"))]
    done = fresh(target, sources)
    if done:
        copy = target / "source"  # cargo writes a lock file beside what it builds
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(folder, copy)
        run(["cargo", "fetch"], copy)
        run(["cargo", "build", "--offline", "--target-dir", target], copy, unreachable=False)
        done()
