"""Let a language model write one batch of prompts, none of which is in an earlier batch.

Answers are kept in an append-only file: what is on file is not asked again, and the batch can be made again without a call.
"""

import argparse
import sys

from musicologist.core import programs
from musicologist.core.errors import UserError
from musicologist.prompts import batches


def main() -> None:
    """Ask until the prompts FIRST to LAST are there."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--earlier", nargs="*", default=[], help="the batches before this one")
    parser.add_argument("--model", required=True)
    parser.add_argument("--temperature", type=float, help="none is sent where it is not given")
    parser.add_argument("--in-words", action="store_true", help="the server keeps to no JSON schema")
    parser.add_argument("--concurrency", type=int, required=True, help="calls at once")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--batch", type=int, required=True)
    parser.add_argument("--first", type=int, required=True, help="first prompt id")
    parser.add_argument("--last", type=int, required=True, help="last prompt id")
    parser.add_argument("--answers", required=True, help="the append-only file of answers")
    parser.add_argument("--output", required=True)
    arguments = parser.parse_args()

    from musicologist.prompts import answer_log

    earlier = [prompt.text for path in arguments.earlier for prompt in batches.read_batch(path)]
    with answer_log.opened(arguments.answers) as log:
        texts = _written(log, arguments, arguments.last - arguments.first + 1, earlier)
    numbered = enumerate(texts, arguments.first)
    batches.write_batch(arguments.output, (batches.Prompt(number, text, arguments.model) for number, text in numbered))


def _written(log, arguments, count, earlier):
    """``count`` prompts, each unlike the others and the earlier ones."""
    from musicologist.prompts import openai_client, openai_writer

    size = min(openai_writer.PER_REQUEST, count)
    texts, number, fruitless, useless = [], 0, 0, None
    while len(texts) < count:
        round_ = range(number, number + -(-(count - len(texts)) // size))
        bodies = _answers(
            log, arguments, [openai_writer.request(arguments.seed, arguments.batch, n, size) for n in round_]
        )
        useless = next((body for body in reversed(bodies) if not openai_writer.read(body)), None)
        found = openai_writer.new((text for body in bodies for text in openai_writer.read(body)), [*earlier, *texts])
        texts, number, fruitless = [*texts, *found], round_.stop, 0 if found else fruitless + 1
        if fruitless == openai_writer.FRUITLESS:
            if useless is not None:
                raise UserError(
                    f"{arguments.model} gave nothing that can be used as prompts for batch {arguments.batch}; the last answer "
                    f"begins: {openai_client.shown(useless)!r}: look at OPENAI_BASE_URL (most servers want /v1 at its end), "
                    "openai.model and openai.structured_output, and run again: it asks again for what was useless alone."
                )
            raise UserError(
                f"{arguments.model} gave {len(texts)} of {count} different prompts for batch {arguments.batch} and in the last "
                f"{number} requests nothing new: raise openai.temperature, name another openai.model, or lower prompts.count."
            )
    return texts[:count]


def _answers(log, arguments, requests):
    """The raw bodies of the responses to these requests, in order; what has a usable answer on file is not asked."""
    from musicologist.prompts import openai_client, openai_writer

    key = {
        "template": openai_writer.template(arguments.temperature, not arguments.in_words),
        "model": arguments.model,
        "pass": 1,
    }

    def on_file():
        return {r["texts"][0]: r["answer"] for r in log.records if key.items() <= r.items()}

    useful = {user for user, answer in on_file().items() if openai_writer.read(answer)}
    missing = [request for request in requests if request.user not in useful]
    if missing:
        ask = openai_client.asker(arguments.model, arguments.temperature, not arguments.in_words)
        length = sum(openai_writer.PER_REQUEST * openai_writer.CHARACTERS for _ in missing)
        print("Writing:", openai_client.estimate(arguments.model, missing, length), file=sys.stderr, flush=True)
        openai_client.ask_all(
            missing,
            lambda request: log.append({**key, "texts": [request.user], "answer": ask(request)}),
            arguments.concurrency,
            "requests",
        )
    known = on_file()
    return [known[request.user] for request in requests]


if __name__ == "__main__":
    programs.run(main)
