"""Times whole processes against named references, in turn, and prints the ratios' medians.

    python benchmarks/run.py [MEGABYTES]

Each line is ours against a reference that does the least that could be done with the same file.
Times are the processes' own CPU seconds; memory is the peak of anonymous memory as Linux tells it.
"""

import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import generate

RUNS = 7
Command = Sequence[str]
Reference = tuple[str, Command]

_PEAK = """
import threading, time
peak = 0
def watch():
    global peak
    while True:
        for line in open("/proc/self/status"):
            if line.startswith("RssAnon"):
                peak = max(peak, int(line.split()[1]))
        time.sleep(0.005)
threading.Thread(target=watch, daemon=True).start()
"""

_PARSE = """
import sys
from insights_uploader.inputs.plugins import installed
from insights_uploader.inputs.source import Source
with Source(sys.argv[1]) as source:
    parser = installed().detect(source)
    print(sum(1 for _ in parser.parse(source)))
"""

_ORJSON = """
import sys, orjson
orjson.loads(open(sys.argv[1], "rb").read())
"""

_LXML = """
import sys
from lxml import etree
class Target:
    def start(self, tag, attributes): pass
    def end(self, tag): pass
    def data(self, text): pass
    def close(self): pass
parser = etree.XMLParser(target=Target(), huge_tree=True, resolve_entities=False, no_network=True)
with open(sys.argv[1], "rb") as file:
    while chunk := file.read(1 << 20):
        parser.feed(chunk)
parser.close()
"""


_JUNITPARSER = """
import sys, junitparser
junitparser.JUnitXml.fromfile(sys.argv[1])
"""


def main() -> None:
    """Run everything."""
    megabytes = int(sys.argv[1]) if len(sys.argv) > 1 else 50
    python = sys.executable
    compare(
        "--help against `python -c 'import click'`",
        [python, "-m", "insights_uploader", "--help"],
        [python, "-c", "import click"],
    )
    orjson: Reference = ("orjson.loads", [python, "-c", _ORJSON])
    events: Reference = ("lxml's events alone", [python, "-c", _LXML])
    xmllint: Reference = ("xmllint --stream", ["xmllint", "--stream", "--noout", "--huge"])
    junitparser: Reference = ("junitparser", [python, "-c", _JUNITPARSER])
    with tempfile.TemporaryDirectory() as folder:
        for name, references in {
            "sarif": (orjson,),
            "pylint": (orjson,),
            "eslint": (orjson,),
            "junit": (events, xmllint, junitparser),
            "cobertura": (events, xmllint),
            "checkstyle": (events, xmllint),
        }.items():
            path = Path(folder) / f"large.{name}"
            number = getattr(generate, name)(path, megabytes)
            print(f"{name}: {megabytes} MB, {number} results")
            for title, reference in references:
                if is_there(reference):
                    ours = [python, "-c", _PARSE, str(path)]
                    compare(f"  parsed, against {title}", ours, [*reference, str(path)])
            memory("  peak anonymous memory", path)
            path.unlink()


def is_there(reference: Command) -> bool:
    """True when a reference is installed; those that are not are left out."""
    if reference[0] == "xmllint":
        return shutil.which("xmllint") is not None
    return "junitparser" not in reference[-1] or find_spec("junitparser") is not None


def compare(title: str, ours: Command, reference: Command) -> None:
    """Time two processes in turn and print the ratio of each pair."""
    seconds(ours), seconds(reference)  # the first of each fills the caches
    pairs = [(seconds(ours), seconds(reference)) for _ in range(RUNS)]
    ratios = sorted(a / b for a, b in pairs)
    print(
        f"{title}: {statistics.median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f}); "
        f"{statistics.median(a for a, _ in pairs):.3f} s of CPU"
    )


def seconds(arguments: Command) -> float:
    """The CPU seconds of one process."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(arguments, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def memory(title: str, path: Path) -> None:
    """Print the peak of anonymous memory while a file is parsed, and of the program at rest."""
    script = f"{_PEAK}\n{_PARSE}\ntime.sleep(0.02)\nprint(peak)"
    output = subprocess.run(
        [sys.executable, "-c", script, str(path)], check=True, capture_output=True, text=True
    ).stdout
    print(f"{title}: {int(output.split()[-1]) / 1000:.0f} MB")


if __name__ == "__main__":
    main()
