"""Programs for microcontrollers: how they are built, sized and run in QEMU, and their figures compared with a table."""

import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent

TARGETS = ["thumbv6m-none-eabi", "riscv32imc-unknown-none-elf"]
PROFILES = {"s": "release", "z": "smallest"}
# With a mark: not good, or with a note.
FIGURE = r"[\d.,]+[*†]?"
# What no program has, and a panicking branch calls.
SYMBOL = "a_panicking_branch_is_left"
QEMU = {
    "thumbv6m-none-eabi": ["qemu-system-arm", "-M", "mps2-an385"],
    "riscv32imc-unknown-none-elf": ["qemu-system-riscv32", "-M", "virt", "-bios", "none"],
}


class Workspace:
    """The programs in a folder, built with these parts of the library; with `same_paths` they have the same size
    wherever the repository and Cargo's registry lie, since a branch that can panic has the path of its source."""

    def __init__(self, here, library, same_paths=False):
        self.here, self.library = here, library
        registry = pathlib.Path(os.environ.get("CARGO_HOME", pathlib.Path.home() / ".cargo")) / "registry" / "src"
        remap = f"--remap-path-prefix={ROOT}=. --remap-path-prefix={registry}=registry"
        self.flags = {"RUSTFLAGS": remap} if same_paths else {}

    def cargo(self, target, arguments, check=True, flags=(), flights=""):
        environment = os.environ | {
            "FLIGHTS": str(flights),
            "RUSTC": os.environ.get("RUSTC", "/usr/bin/rustc"),
            "RUSTC_BOOTSTRAP": "1",
            "CARGO_UNSTABLE_BUILD_STD": self.library,
            f"CARGO_TARGET_{target.upper().replace('-', '_')}_LINKER": "ld.lld",
            "CARGO_TARGET_DIR": str(self.folder(target)),
        } | self.flags
        command = ["cargo", *arguments, "--locked", "--quiet", "--target", target]
        command += ["--", *flags] if flags else []
        result = subprocess.run(command, cwd=self.here, env=environment, text=True, capture_output=True)
        if check and result.returncode != 0:
            sys.exit(f"{' '.join(command)}:\n{result.stderr}")
        return result

    def link(self, target, profile, features, check=True):
        """Bytes of the program for one machine: code and constants. It has no data that starts out as
        anything but 0."""
        arguments = ["build", "--profile", profile, "-p", "linked", "--bin", "flash", "--features", features]
        result = self.cargo(target, arguments, check)
        if not check:
            return result
        return sum(map(int, output("size", self.program(target, profile, "flash")).splitlines()[1].split()[:2]))

    def folder(self, target):
        """A folder for each target, so that two build at once."""
        return pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")).absolute() / self.here.name / target

    def program(self, target, profile, name):
        return self.folder(target) / target / profile / name


def in_qemu(target, image, *options):
    """The command that runs an image so that each instruction is one nanosecond."""
    quiet = ["-display", "none", "-serial", "none", "-monitor", "none", "-semihosting", "-icount", "shift=0"]
    return [*QEMU[target], *quiet, *options, "-kernel", image]


def read_figures(printed):
    """The numbers that an image has printed, by what stands before each."""
    fields = [line.split("|") for line in printed.splitlines()]
    return {tuple(names): int(number) for *names, number in fields}


def output(*command):
    result = subprocess.run(command, capture_output=True, text=True)
    if result.returncode != 0:
        sys.exit(f"{command[0]} ended with {result.returncode}: {result.stdout}{result.stderr}")
    return result.stdout


def grid(cells):
    """The lines of a table: rows of cells, the first of which is the heading."""
    widths = [max(map(len, column)) for column in zip(*cells)]
    line = lambda row: "| " + " | ".join(
        cell.ljust(width) if place == 0 else cell.rjust(width) for place, (cell, width) in enumerate(zip(row, widths))
    ) + " |"
    rule = "|" + "|".join("-" * (width + 1) + ("-" if place == 0 else ":") for place, width in enumerate(widths)) + "|"
    return [line(cells[0]), rule, *map(line, cells[1:])]


def compare(expected, table, tolerances, where, is_part=False):
    """Ends with 1 when a figure has moved by more than its section's tolerance. A part lacks sections, and figures
    that are a dash."""
    old, new = figures_of(expected), figures_of(table)
    show = lambda cells: " | ".join(cells) if cells else "not there"
    moved = []
    for row in new if is_part else old | new:
        was, now = old.get(row), new.get(row)
        if was is None or now is None or not is_same(was, now, tolerances.get(row[0], 0.01)):
            moved.append(f"{row[0]}: {row[1]}\n  was {show(was)}\n  is  {show(now)}")
    if moved:
        sys.exit("\n".join(["figures have moved; when that is as it should be, --write takes them:", *moved]))
    tell(f"as in {where}")


def figures_of(table):
    """The cells after the first of each row, by section and the first."""
    title, figures = "", {}
    for line in table.splitlines():
        if line.startswith("## "):
            title = line[3:]
        elif line.startswith("| "):
            what, *cells = (cell.strip() for cell in line.strip("|").split("|"))
            figures[title, what] = cells
    return figures


def is_same(was, now, tolerance):
    """Whether no figure has moved by more than that, and none has become good or has ceased to be."""
    value = lambda cell: float(cell.rstrip("*†").replace(",", ""))
    return len(was) == len(now) and all(
        a == b
        or b == "–"
        or a.endswith("*") == b.endswith("*")
        and re.fullmatch(FIGURE, a) and re.fullmatch(FIGURE, b)
        and abs(value(a) - value(b)) <= tolerance * value(a)
        for a, b in zip(was, now)
    )


def tell(words):
    print(words, file=sys.stderr, flush=True)
