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
    parser.add_argument("--temperature", type=float, required=True)
    parser.add_argument("--concurrency", type=int, required=True, help="calls at once")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--batch", type=int, required=True)
    parser.add_argument("--first", type=int, required=True, help="first prompt id")
    parser.add_argument("--last", type=int, required=True, help="last prompt id")
    parser.add_argument("--answers", required=True, help="the append-only file of answers")
    parser.add_argument("--output", required=True)
    arguments = parser.parse_args()

    from musicologist.prompts import openai_client

    earlier = [prompt.text for path in arguments.earlier for prompt in batches.read_batch(path)]
    with openai_client.opened(arguments.answers) as log:
        texts = _written(log, arguments, arguments.last - arguments.first + 1, earlier)
    numbered = enumerate(texts, arguments.first)
    batches.write_batch(arguments.output, (batches.Prompt(number, text, arguments.model) for number, text in numbered))


def _written(log, arguments, count, earlier):
    """``count`` prompts, each unlike the others and the earlier ones."""
    from musicologist.prompts import openai_writer

    size = min(openai_writer.PER_REQUEST, count)
    texts, number, fruitless = [], 0, 0
    while len(texts) < count:
        round_ = range(number, number + -(-(count - len(texts)) // size))
        bodies = _answers(
            log, arguments, [openai_writer.request(arguments.seed, arguments.batch, n, size) for n in round_]
        )
        found = openai_writer.new((text for body in bodies for text in openai_writer.read(body)), [*earlier, *texts])
        texts, number, fruitless = [*texts, *found], round_.stop, 0 if found else fruitless + 1
        if fruitless == openai_writer.FRUITLESS:
            raise UserError(
                f"{arguments.model} gave {len(texts)} of {count} different prompts for batch {arguments.batch} and in the last "
                f"{number} requests nothing new: raise openai.temperature, name another openai.model, or lower prompts.count."
            )
    return texts[:count]


def _answers(log, arguments, requests):
    """The raw bodies of the responses to these requests, in order; only what is not on file is asked."""
    from musicologist.prompts import openai_client, openai_writer

    key = {"template": openai_writer.template(arguments.temperature), "model": arguments.model, "pass": 1}

    def on_file():
        return {r["texts"][0]: r["answer"] for r in log.records if key.items() <= r.items()}

    known = on_file()
    missing = [request for request in requests if request.user not in known]
    if missing:
        ask = openai_client.asker(arguments.model, arguments.temperature)
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
