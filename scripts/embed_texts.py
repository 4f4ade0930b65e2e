"""Embed the text queries of every aspect, for the zero-shot probe."""

import argparse
import os

from musicologist.core import programs


def main() -> None:
    """Write one row a query. Aspects are a closed vocabulary: editing a concept embeds nothing anew."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--family", required=True, help="module that loads the model, or a file NAME.py")
    parser.add_argument("--model", required=True, help="directory, checkpoint or Hugging Face id")
    parser.add_argument("--digest", required=True, help="digest of the model, for the record")
    parser.add_argument("--device", choices=["auto", "cpu", "cuda"], default="auto")
    parser.add_argument("--output", required=True)
    arguments = parser.parse_args()

    os.environ["HF_HUB_OFFLINE"] = "1"
    import pyarrow as pa
    from musicologist.core import parquet
    from musicologist.embeddings import tables
    from musicologist.embeddings.tables import TEXT_EMBEDDINGS
    from musicologist.models import devices
    from musicologist.vocabulary import text_queries

    aspects, texts = zip(*text_queries.queries(), strict=True)
    model = devices.family(arguments.family).load(arguments.model, devices.resolve(arguments.device))
    embedding = tables.embedding_column(model.embed_text(texts))
    table = pa.table({"aspect": aspects, "text": texts, "embedding": embedding})
    parquet.write(arguments.output, TEXT_EMBEDDINGS, table, {"model": arguments.model, "digest": arguments.digest})


if __name__ == "__main__":
    programs.run(main)
