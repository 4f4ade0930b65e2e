"""Check, before anything is queued, that the models are within reach and whole and that disk and GPU memory suffice.

Nothing is fetched but a model's small configuration. Each failure is one sentence that says what to do.
"""

import argparse
import json
import sys
from pathlib import Path

from musicologist.core import programs


def main() -> None:
    """Write what was found as JSON; the log says the same in sentences."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--diffusion", help="directory or Hugging Face id, unless no audio is generated")
    parser.add_argument("--text-encoder", help="the same for a T5 that is not the one the model names")
    parser.add_argument("--embedder", action="append", default=[], help="directory, checkpoint or Hugging Face id")
    parser.add_argument(
        "--archives", nargs="*", default=[], help="addresses of notes, or environment variables that hold them"
    )
    parser.add_argument("--targets", nargs="*", type=Path, default=[], help="where each archive will lie")
    parser.add_argument("--per-instrument", type=int, default=0)
    parser.add_argument("--clips", type=int, required=True, help="clips to generate")
    parser.add_argument("--levels", type=int, required=True, help="kept signals by steps")
    parser.add_argument("--seconds", type=float, required=True, help="kept of each clip")
    parser.add_argument("--seconds-total", type=float, required=True, help="length that the model is told")
    parser.add_argument("--batch-size", type=int, required=True)
    parser.add_argument("--device", choices=["auto", "cpu", "cuda"], required=True)
    parser.add_argument("--results", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True)
    arguments = parser.parse_args()

    from musicologist.audio import sampling_options
    from musicologist.core import downloads
    from musicologist.core.files import write_text
    from musicologist.workflow import preflight

    archives = [downloads.resolved(archive) for archive in arguments.archives]
    lines, needs = [], preflight.of_notes(archives, arguments.targets, arguments.per_instrument)
    if arguments.diffusion:
        asked = arguments.diffusion, arguments.text_encoder, arguments.seconds_total
        facts, fetched, size = preflight.of_diffusion(*asked)
        sampling_options.check_length(arguments.seconds, facts.seconds, arguments.diffusion)
        if facts.licence:
            lines.append(f"{arguments.diffusion} ({size / 1e9:.1f} GB): {facts.licence}.")
        audio = preflight.of_audio(facts, arguments.clips, arguments.levels, arguments.seconds, arguments.results)
        needs += [*fetched, audio]
        lines.append(preflight.check_gpu(facts, size, arguments.seconds, arguments.batch_size, arguments.device))
    for embedder in arguments.embedder:
        needs += preflight.of_embedder(embedder)
    lines += preflight.check_disks(needs)
    print("\n".join(lines), file=sys.stderr)
    found = {"findings": lines, "bytes": {need.what: need.size for need in needs}}
    write_text(arguments.output, json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    programs.run(main)
