"""Times whole processes against named references, in turn, and prints the ratios' medians.

    python benchmarks/run.py [MEGABYTES]

Each line is ours against a reference that does the least that could be done with the same file.
Times are the processes' own CPU seconds; memory is the peak of anonymous memory as Linux tells it.
"""

import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import generate

RUNS = 7

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


def main() -> None:
    """Run everything."""
    megabytes = int(sys.argv[1]) if len(sys.argv) > 1 else 50
    compare(
        "--help against import click", ["-m", "insights_uploader", "--help"], ["-c", "import click"]
    )
    with tempfile.TemporaryDirectory() as folder:
        sarif, junit = Path(folder) / "large.sarif", Path(folder) / "large.xml"
        print(f"{megabytes} MB of SARIF, {generate.sarif(sarif, megabytes)} results")
        compare("  parsed, against orjson.loads", ["-c", _PARSE, sarif], ["-c", _ORJSON, sarif])
        memory("  peak anonymous memory", sarif)
        print(f"{megabytes} MB of JUnit, {generate.junit(junit, megabytes)} failures")
        compare(
            "  parsed, against lxml's events alone", ["-c", _PARSE, junit], ["-c", _LXML, junit]
        )
        memory("  peak anonymous memory", junit)


def compare(title: str, ours: list[str | Path], reference: list[str | Path]) -> None:
    """Time two processes in turn and print the ratio of each pair."""
    seconds(ours), seconds(reference)  # the first of each fills the caches
    pairs = [(seconds(ours), seconds(reference)) for _ in range(RUNS)]
    ratios = sorted(a / b for a, b in pairs)
    print(
        f"{title}: {statistics.median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f}); "
        f"{statistics.median(a for a, _ in pairs):.3f} s of CPU"
    )


def seconds(arguments: list[str | Path]) -> float:
    """The CPU seconds of one Python process."""
    before = os.times()
    subprocess.run([sys.executable, *map(str, arguments)], check=True, stdout=subprocess.DEVNULL)
    after = os.times()
    return (
        after.children_user - before.children_user + after.children_system - before.children_system
    )


def memory(title: str, path: Path) -> None:
    """Print the peak of anonymous memory while a file is parsed, and of the program at rest."""
    script = f"{_PEAK}\n{_PARSE}\ntime.sleep(0.02)\nprint(peak)"
    output = subprocess.run(
        [sys.executable, "-c", script, str(path)], check=True, capture_output=True, text=True
    ).stdout
    print(f"{title}: {int(output.split()[-1]) / 1000:.0f} MB")


if __name__ == "__main__":
    main()
