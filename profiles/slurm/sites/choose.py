"""Put the block of one kind of site into the Slurm profile: `make site SITE=typed_gres`."""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
PROFILE = HERE.parent / "config.yaml"
START, END = "# ---- This site", "# ---- end of what a site changes ----"


def main() -> None:
    """Replace what stands between the two marks of the profile."""
    names = sorted(file.stem for file in HERE.glob("*.yaml"))
    if len(sys.argv) != 2 or sys.argv[1] not in names:
        sys.exit(f"Which site? `make site SITE=NAME`, NAME one of {', '.join(names)}.")
    PROFILE.write_text(with_site(PROFILE.read_text(encoding="utf-8"), sys.argv[1]), encoding="utf-8")


def with_site(profile: str, name: str) -> str:
    """The profile's text with another site's block."""
    before, _, rest = profile.partition(START)
    _, end, after = rest.partition(END)
    if not end:
        sys.exit(f"{PROFILE} has not both of the lines that begin with {START!r} and {END!r}: restore them.")
    block = (HERE / f"{name}.yaml").read_text(encoding="utf-8")
    text = "".join(line for line in block.splitlines(keepends=True) if not line.startswith("#"))
    head = f"{START}: put here by `make site SITE={name}`; then change partitions, account and GPUs to yours ----"
    return f"{before}{head}\n{text}{end}{after}"


if __name__ == "__main__":
    main()
