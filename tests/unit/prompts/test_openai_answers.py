import json
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from musicologist.core.errors import UserError
from musicologist.prompts import answer_log

RECORD = {"template": "t", "model": "m", "pass": 1, "texts": ["a flute"], "answer": "a"}

HOLDER = """
import sys
sys.path.insert(0, "scripts")
from musicologist.prompts import answer_log
with answer_log.opened(sys.argv[1]) as log:
    print("open", flush=True)
    sys.stdin.readline()
    log.append({"template": "t", "model": "m", "pass": 1, "texts": [], "answer": "the other"})
"""


def test_answers_are_there_at_the_next_start(tmp_path):
    path = tmp_path / "new" / "answers.jsonl"
    with answer_log.opened(path) as log:
        assert log.records == []
        log.append({**RECORD, "answer": "first\nline"})
    with answer_log.opened(path) as log:
        log.append({**RECORD, "answer": "zweite Zeile, größer"})
        assert [record["answer"] for record in log.records] == ["first\nline", "zweite Zeile, größer"]
    assert len(path.read_text().splitlines()) == 2


def test_a_half_written_answer_is_cut_off_and_the_rest_kept(tmp_path):
    path = tmp_path / "answers.jsonl"
    with answer_log.opened(path) as log:
        for number in range(3):
            log.append({**RECORD, "number": number})
    whole = path.read_bytes()
    for cut in range(1, len(whole) // 3):
        path.write_bytes(whole[:-cut])
        with answer_log.opened(path) as log:
            assert [record["number"] for record in log.records] == [0, 1]
            log.append({**RECORD, "number": 2})
        assert path.read_bytes() == whole


def test_what_is_no_answer_is_refused_and_left_as_it_is(tmp_path):
    path = tmp_path / "answers.jsonl"
    path.write_text(f"{json.dumps(RECORD)}\nsomething else\n{json.dumps(RECORD)}\n")
    with pytest.raises(UserError, match=r"answers\.jsonl, line 2: no answer"), answer_log.opened(path):
        pass
    assert path.read_text().count("\n") == 3


def test_threads_do_not_mix_their_answers(tmp_path):
    path = tmp_path / "answers.jsonl"
    with answer_log.opened(path) as log:
        threads = [threading.Thread(target=log.append, args=({**RECORD, "text": str(n) * 2000},)) for n in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert {json.loads(line)["text"][:1] for line in path.read_text().splitlines()} == {str(n)[:1] for n in range(16)}
    assert len(path.read_text().splitlines()) == 16


def test_a_second_process_waits_and_then_sees_the_answers_of_the_first(tmp_path, capfd):
    path = tmp_path / "answers.jsonl"
    command = [sys.executable, "-c", HOLDER, str(path)]
    root = Path(__file__).parents[3]
    with subprocess.Popen(command, cwd=root, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout.readline() == "open\n"
        threading.Timer(0.5, lambda: (other.stdin.write("go\n"), other.stdin.flush())).start()
        with answer_log.opened(path) as log:
            assert [record["answer"] for record in log.records] == ["the other"]
    assert "Waiting for the other process" in capfd.readouterr().err
