"""Checks the Dockerfile and the compose files of a folder, and prints the steps of one stage for tests/containers.sh.

usage: containers.py check folder tree          prints what is wrong, and fails when anything is
       containers.py steps folder stage         instruction, tab, arguments: one line for each, without the FROM
"""

import json
import pathlib
import re
import sys


def instructions(folder):
    """The instructions of the Dockerfile as (name, arguments), with continued lines joined."""
    text = (folder / "Dockerfile").read_text()
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    joined = "\n".join(lines).replace("\\\n", " ")
    for line in joined.splitlines():
        if line.strip():
            name, _, arguments = line.strip().partition(" ")
            yield name.upper(), re.sub(r"\s+", " ", arguments.strip())


def stages(folder):
    """Name of each stage: the stage or image that it begins with, and its instructions."""
    found = {}
    for name, arguments in instructions(folder):
        if name == "FROM":
            base, _, stage = re.sub(r" as ", " AS ", arguments, flags=re.I).partition(" AS ")
            current = found[stage or base] = (base, [])
        else:
            current[1].append((name, arguments))
    return found


def with_bases(all_stages, stage):
    """The instructions of a stage behind those of the stages that it begins with."""
    base, own = all_stages[stage]
    return (with_bases(all_stages, base) if base in all_stages else []) + own


def check_stage(name, steps, all_stages, tree):
    for instruction, arguments in steps:
        if instruction == "RUN" and "apt-get install" in arguments:
            if "--no-install-recommends" not in arguments or "/var/lib/apt/lists" not in arguments:
                yield f"{name}: apt-get install without --no-install-recommends, or with its lists left behind"
        if instruction == "COPY":
            words = arguments.split()
            source = words[0].removeprefix("--from=")
            if source != words[0]:
                if source not in all_stages:
                    yield f"{name}: COPY from {source}, which is no stage"
            else:
                for path in words[:-1]:
                    if not (tree / path).exists():
                        yield f"{name}: COPY of {path}, which is not there"


def check_image(name, steps):
    """An image that is run: not as root, with a health check and a program that gets the signals."""
    last = dict(steps)
    if last.get("USER", "root") in ("root", "0"):
        yield f"{name}: runs as root"
    if "HEALTHCHECK" not in last:
        yield f"{name}: no HEALTHCHECK"
    for instruction in ("ENTRYPOINT", "CMD"):
        try:
            json.loads(last.get(instruction, "[]" if instruction == "CMD" else ""))
        except ValueError:
            yield f"{name}: {instruction} is not a list, so a shell would get the signals"


def check_compose(path, all_stages):
    import yaml

    compose = yaml.safe_load(path.read_text())
    services = compose.get("services", {})
    if not services:
        yield f"{path.name}: no services"
    for name, service in services.items():
        where = f"{path.name}: {name}"
        if "build" in service:
            build = service["build"]
            context = (path.parent / build["context"]).resolve()
            if not (context / build["dockerfile"]).is_file():
                yield f"{where}: no {build['dockerfile']} in {context}"
            if build.get("target") not in all_stages:
                yield f"{where}: no stage {build.get('target')}"
        elif ":" not in service.get("image", ""):
            yield f"{where}: an image without a version"
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            if source not in compose.get("volumes", {}) and not (path.parent / source).exists():
                yield f"{where}: no {source}"
        for port in service.get("ports", []):
            if not str(port).startswith("127.0.0.1:"):
                yield f"{where}: port {port} is open to everybody"
        for other in service.get("depends_on", {}):
            if other not in services:
                yield f"{where}: depends on {other}, which is no service"
            elif "build" not in services[other] and "healthcheck" not in services[other]:
                yield f"{where}: waits for the health of {other}, which has no check"


def check(folder, tree):
    all_stages = stages(folder)
    used = {base for base, _ in all_stages.values()}
    for name, (base, steps) in all_stages.items():
        if base not in all_stages and not re.search(r":[0-9]", base):
            yield f"{name}: an image without a version: {base}"
        yield from check_stage(name, steps, all_stages, tree)
        if name not in used and name != "build":
            yield from check_image(name, with_bases(all_stages, name))
    for path in sorted(folder.glob("*.yaml")):
        yield from check_compose(path, all_stages)


def main():
    command, folder, argument = sys.argv[1], pathlib.Path(sys.argv[2]), sys.argv[3]
    if command == "steps":
        for name, arguments in with_bases(stages(folder), argument):
            print(name, arguments, sep="\t")
        return 0
    wrong = list(check(folder, pathlib.Path(argument)))
    print("\n".join(wrong), end="\n" if wrong else "")
    return 1 if wrong else 0


sys.exit(main())
