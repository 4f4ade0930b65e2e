"""Ask a language model what each prompt asks for, in one or more passes, and keep its raw answers.

Answers go to an append-only file as they come: a crash loses none of them, and the next run asks only for what is missing.
"""

import argparse
import json
import sys

from musicologist.core import programs
from musicologist.core.errors import UserError


def main() -> None:
    """Ask until each prompt has an answer in each pass, then write the answers that count as JSON Lines."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--prompts", required=True, help="prompts.parquet")
    parser.add_argument("--passes", type=int, required=True)
    parser.add_argument("--model", required=True)
    parser.add_argument("--temperature", type=float, help="none is sent where it is not given")
    parser.add_argument("--in-words", action="store_true", help="the server keeps to no JSON schema")
    parser.add_argument("--leave-out", type=int, nargs="*", default=[], help="prompts that are not asked about")
    parser.add_argument("--per-request", type=int, required=True, help="prompts in a request")
    parser.add_argument("--concurrency", type=int, required=True, help="calls at once")
    parser.add_argument("--answers", required=True, help="the append-only file of answers")
    parser.add_argument("--output", required=True)
    arguments = parser.parse_args()

    from musicologist.core import parquet
    from musicologist.core.files import write_text
    from musicologist.prompts import answer_log, openai_annotator, openai_client
    from musicologist.prompts.tables import PROMPTS

    prompts = parquet.read(arguments.prompts, PROMPTS, ["prompt_id", "text"]).to_pylist()
    texts = [prompt["text"] for prompt in prompts if prompt["prompt_id"] not in arguments.leave_out]
    key = {
        "template": openai_annotator.template(arguments.temperature, not arguments.in_words),
        "model": arguments.model,
    }
    with answer_log.opened(arguments.answers) as log:

        def missing(size):
            records = openai_annotator.matching(log.records, **key)
            return openai_annotator.open_batches(records, texts, arguments.passes, size)

        before = len(log.records)
        for size in (arguments.per_request, 1, 1):  # then each alone: one that is refused must not take others with it
            if batches := missing(size):
                _ask(log, key, batches, arguments)
        if left := [text for _, batch in missing(1) for text in batch]:
            number = next(prompt["prompt_id"] for prompt in prompts if prompt["text"] == left[0])
            said = [record["answer"] for record in log.records if left[0] in record["texts"]]
            raise UserError(
                f"{arguments.model} gave no usable answer about {len(left)} of {len(texts) * arguments.passes} annotations in "
                f"{openai_annotator.TRIES} tries, first about prompt {number}, {left[0][:60]!r}, where it said: "
                f"{openai_client.shown(said[-1]) if said else 'nothing'!r}: run again to ask for these alone, name another "
                "openai.model, or leave these prompts out (prompts.leave_out); all other answers are kept."
            )
        print("Received:", openai_client.used([r["answer"] for r in log.records[before:]]), file=sys.stderr)
        wanted = set(texts)
        kept = [
            record
            for record in openai_annotator.matching(log.records, **key)
            if record["pass"] <= arguments.passes and wanted & set(record["texts"])
        ]
    write_text(arguments.output, "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in kept))


def _ask(log, key, batches, arguments):
    """Ask about all these batches once."""
    from musicologist.prompts import openai_annotator, openai_client

    ask = openai_client.asker(arguments.model, arguments.temperature, not arguments.in_words)
    requests = [openai_annotator.request(texts) for _, texts in batches]
    length = sum(len(text) + openai_annotator.ANSWER_CHARACTERS for _, texts in batches for text in texts)
    print("Annotating:", openai_client.estimate(arguments.model, requests, length), file=sys.stderr, flush=True)

    def annotate(batch):
        number, texts = batch
        answer = ask(openai_annotator.request(texts))
        log.append({**key, "pass": number, "texts": list(texts), "answer": answer})

    openai_client.ask_all(batches, annotate, arguments.concurrency, "requests")


if __name__ == "__main__":
    programs.run(main)
