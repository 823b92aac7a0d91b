"""Feeds each parser mutated results files: `python benchmarks/fuzz.py SECONDS [FORMAT ...]`.

Every file must be read or refused with a MalformedError; nothing else may come out, no file may
take long, and memory must not grow. One process per format, all at once.
"""

import multiprocessing
import random
import sys
import tempfile
import time
import traceback
from pathlib import Path

from insights_uploader.inputs.plugins import installed
from insights_uploader.inputs.source import Source
from insights_uploader.model.errors import ResultsError

FIXTURES = Path(__file__).parent.parent / "fixtures"
LARGEST = 20_000  # bytes of a seed: small ones are read often
TOKENS = (
    b"", b"\0", b"\xff", b"\x1b[31m", b"&#0;", b"&amp;", b"<!ENTITY a 'b'>", b"]]>", b"<![CDATA[", b"<a>", b"</a>",
    b"null", b"{}", b"[]", b'""', b"-1", b"1e999", b"99999999999999999999", b"NaN", b"\\ud800", b"\\", b'"', b",", b"\r\n",
    b"\xe2\x80\xa8", b"../../etc/passwd", b"C:\\x", b"%00", b"%ff", b"A" * 5000, b":1:1: ", b"::error ", b"(1/2)", b"50% (1/2)",
)  # fmt: skip


def main() -> None:
    """Run one process per format and fail if any of them found something."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 60.0
    formats = sys.argv[2:] or list(installed().parsers)
    with multiprocessing.Pool(len(formats)) as pool:
        failed = pool.starmap(campaign, [(name, seconds) for name in formats], chunksize=1)
    sys.exit(any(failed))


def campaign(name: str, seconds: float) -> bool:
    """Fuzz one parser; True when it did what it must not."""
    chance = random.Random(f"{name} {time.time_ns()}")
    seeds = [
        path.read_bytes()[:LARGEST]
        for path in sorted((FIXTURES / name).glob("*/*"))
        if path.name != "README.md"
    ]
    parser = installed().named(name)
    read = refused = 0
    slowest = 0.0
    start, end = _memory(), time.monotonic() + seconds
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mutated"
        while time.monotonic() < end:
            path.write_bytes(mutated(chance, seeds))
            began = time.monotonic()
            try:
                with Source(str(path)) as source:
                    parser.sniff(source.head(), source.filename)
                    for _ in parser.parse(source):
                        pass
                read += 1
            except ResultsError:
                refused += 1
            except Exception:  # noqa: BLE001 - that is what is looked for
                kept = Path(tempfile.gettempdir()) / f"fuzz-{name}-{time.time_ns()}"
                kept.write_bytes(path.read_bytes())
                print(f"{name}: FAILED on {kept}\n{traceback.format_exc()}", flush=True)
                return True
            slowest = max(slowest, time.monotonic() - began)
    print(
        f"{name}: {read + refused} files, {read} read, {refused} refused; slowest {slowest:.3f} s; "
        f"anonymous memory {start} to {_memory()} MB",
        flush=True,
    )
    return False


def mutated(chance: random.Random, seeds: list[bytes]) -> bytes:
    """A seed with a few cuts, copies, flips and odd tokens in it."""
    data = bytearray(chance.choice(seeds))
    for _ in range(chance.choice((1, 1, 2, 3, 8))):
        at = chance.randrange(len(data) + 1)
        length = chance.choice((1, 2, 10, 200))
        match chance.randrange(5):
            case 0:
                data[at : at + chance.choice((0, length))] = chance.choice(TOKENS)
            case 1:
                del data[at : at + length]
            case 2:
                data[at:at] = data[at : at + length] * chance.choice((1, 2, 50))
            case 3:
                other = chance.choice(seeds)
                cut = chance.randrange(len(other) + 1)
                data[at:at] = other[cut : cut + length]
            case _ if at < len(data):
                data[at] = chance.randrange(256)
    if chance.random() < 0.05:
        return bytes(data[: chance.randrange(len(data) + 1)])
    return bytes(data)


def _memory() -> int:
    """This process's anonymous memory in megabytes."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("RssAnon"):
            return int(line.split()[1]) // 1000
    return 0


if __name__ == "__main__":
    main()
