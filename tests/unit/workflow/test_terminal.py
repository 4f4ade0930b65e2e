import io
import logging
from types import SimpleNamespace

import pytest
from musicologist.workflow import terminal
from musicologist.workflow.jobs import Job
from snakemake_interface_logger_plugins.common import LogEvent

STAGES = {"write_prompts": "prompts", "collect_prompts": "prompts", "generate_audio": "audio", "train_probe": "probes"}
PARAMS = "Params have changed since last execution: Union of exclusive params before and now across all output: "
CONCEPT = f"{PARAMS}before: 'concept is_brass: {'a' * 16}' now: 'concept is_brass: {'b' * 16}' "


def record(event=None, msg="", level=logging.INFO, **known):
    found = logging.LogRecord("snakemake", level, "", 1, msg, (), None)
    vars(found).update({"event": event} if event else {}, **known)
    return found


def job(number, rule="generate_audio", reason="", output="a.json", **wildcards):
    known = {"jobid": number, "rule_name": rule, "wildcards": wildcards, "reason": reason, "output": [output]}
    return record(LogEvent.JOB_INFO, benchmark=None, resources={}, **known)


class Stream(io.StringIO):
    def __init__(self, lively=False):
        super().__init__()
        self.lively = lively

    def isatty(self):
        return self.lively


class Screen:
    """A terminal, its clock, and the lines that were said since they were last looked at."""

    def __init__(self, dry_run=False, lively=False):
        self.now, self.stream = 0.0, Stream(lively)
        self.terminal = terminal.Terminal(lambda rule: STAGES.get(rule, ""), self.stream, dry_run, lambda: self.now)

    def say(self, *records):
        for one in records:
            self.terminal.handle(one)
        said = self.stream.getvalue()
        self.stream.seek(0)
        self.stream.truncate()
        return said.splitlines()


@pytest.fixture
def running():
    screen = Screen()
    stats = {"all": 1, "collect_prompts": 1, "generate_audio": 8, "train_probe": 2, "total": 12}
    said = screen.say(
        record(LogEvent.WORKFLOW_STARTED, "Workflow has started!"), record(LogEvent.RUN_INFO, stats=stats)
    )
    assert said == ["11 jobs: prompts, audio, probes"]
    return screen


def finished(number):
    return record(LogEvent.JOB_FINISHED, f"Finished jobid: {number}", job_id=number)


def test_a_stage_says_how_far_it_is_and_how_long_it_still_takes(running):
    assert running.say(*(job(number) for number in range(8))) == ["2/3 audio: 0 of 8 done"]
    running.now = 200
    assert running.say(finished(0)) == ["2/3 audio: 1 of 8 done, about 23 min left"]
    running.now = 210
    assert running.say(finished(1)) == [], "not every job has a line"
    running.now = 1000
    assert running.say(*map(finished, range(2, 5))) == ["2/3 audio: 3 of 8 done, about 28 min left"]
    running.now = 1030
    assert running.say(finished(5)) == [], "the longer a run takes, the less often it speaks"
    assert running.say(finished(6), finished(7)) == ["2/3 audio: 8 of 8 done, 17 min"]
    assert running.say(record(LogEvent.PROGRESS, done=12, total=12)) == ["Done: 12 jobs in 17 min"]


def test_on_a_terminal_the_line_of_a_stage_is_rewritten():
    screen = Screen(lively=True)
    screen.say(record(LogEvent.RUN_INFO, stats={"train_probe": 2, "total": 2}))
    screen.terminal.handle(job(0, "train_probe"))
    screen.now = 4
    screen.terminal.handle(finished(0))
    screen.terminal.handle(record(msg="a warning", level=logging.WARNING))
    clear = "\r\x1b[K"
    lines = ["1/1 probes: 0 of 2 done", "1/1 probes: 1 of 2 done, about 4 s left", "a warning\n"]
    assert screen.stream.getvalue() == clear + clear.join(lines)


def test_what_failed_is_one_sentence_and_the_place_of_its_log(running, tmp_path):
    log = tmp_path / "shard_0001.log"
    log.write_text("generate: 3/24 after 30 s\nThe disk is full (a.tar): free some space and run again.\n\n")
    running.say(job(4, shard="0001"))
    error = {"jobid": 4, "rule_name": "generate_audio", "rule_msg": None, "log": [str(log)], "indent": False}
    said = running.say(
        record(msg="Exiting because a job execution failed. Look below for error messages", level=logging.ERROR),
        record(LogEvent.ERROR, "RuleException:\nCalledProcessError in file x, line 3:\nCommand …", logging.ERROR),
        record(LogEvent.JOB_ERROR, "Error in rule generate_audio, jobid: 4", logging.ERROR, **error),
        record(LogEvent.ERROR, "WorkflowError:\nAt least one job did not complete successfully.", logging.ERROR),
    )
    assert said == [
        "FAILED generate_audio (shard 0001): The disk is full (a.tar): free some space and run again.",
        f"    log: {log}",
    ]
    error["log"] = [str(tmp_path / "none.log")]
    said = running.say(record(LogEvent.JOB_ERROR, level=logging.ERROR, **error))
    assert said[0] == "FAILED generate_audio (shard 0001): it wrote nothing into its log"


def test_of_a_group_the_job_is_told_that_failed(running, tmp_path):
    logs = [tmp_path / f"{name}.log" for name in ("build_dataset", "train_probe", "score_audio")]
    logs[0].write_text("")
    logs[1].write_text("is_brass has no notes: name other families.\n")
    jobs = [{"jobid": n, "rule_name": log.stem, "log": [str(log)], "indent": True} for n, log in enumerate(logs)]
    said = running.say(
        record(LogEvent.GROUP_ERROR, level=logging.ERROR, job_error_info=jobs, aux_logs=["slurm.log"], groupid=1),
        *(record(LogEvent.JOB_ERROR, level=logging.ERROR, **one) for one in jobs),
    )
    assert said == [
        "FAILED train_probe: is_brass has no notes: name other families.",
        f"    log: {logs[1]}, slurm.log",
    ]


def test_other_words_are_kept_where_they_matter(running):
    assert running.say(record(msg="Using shell: /bin/bash"), record(msg="[1] Job 3 has been submitted with id 7")) == []
    assert running.say(record(msg="a warning", level=logging.WARNING)) == ["a warning"]
    assert running.say(record(LogEvent.ERROR, "MissingInputException: x", logging.ERROR)) == [
        "MissingInputException: x"
    ]
    assert running.say(record(msg="Nothing to be done (all is there).")) == ["Nothing to be done (all is there)."]
    assert running.say(record(msg="internal", level=logging.DEBUG)) == []
    assert Screen().say(record(msg="rule all"), record(msg="Building DAG of jobs...")) == ["rule all"], "--list-rules"


def test_a_dry_run_is_a_table_of_rules_that_names_what_changed():
    screen = Screen(dry_run=True)
    screen.say(record(LogEvent.RUN_INFO, stats={}))
    follows = "Input files updated by another job: d.parquet"
    said = screen.say(
        job(1, "build_dataset", CONCEPT, "d.parquet"),
        job(2, "train_probe", follows, "l.skops"),
        job(3, "train_probe", follows, "s.skops"),
        record(LogEvent.RUN_INFO, stats={}),
    )
    assert said == [
        "rule           jobs  why",
        "build_dataset     1  concept is_brass",
        "train_probe       2  after build_dataset",
        "3 jobs, because of: concept is_brass",
        "Nothing was done (dry-run). Every job in full: --verbose",
    ]


def test_many_of_a_kind_are_counted():
    reasons = [CONCEPT.replace("is_brass", f"is_{letter}") for letter in "abcd"]
    jobs = [Job("score_audio", (reason,), "", False, reason) for reason in reasons]
    assert terminal.table(jobs)[1:] == ["score_audio     4  4 concepts", "4 jobs, because of: 4 concepts"]
    assert terminal.table(jobs[:2])[-1] == "2 jobs, because of: concept is_a, concept is_b"


@pytest.mark.parametrize(("seconds", "words"), [(0.4, "0 s"), (59, "59 s"), (150, "2 min"), (7800, "2 h 10 min")])
def test_times_in_words(seconds, words):
    assert terminal.of_time(seconds) == words


def test_it_takes_the_place_of_snakemakes_own_handler_and_of_no_other():
    logger = logging.Logger("like Snakemake's")
    own, file = logging.NullHandler(), logging.NullHandler()
    own.name, file.name = "DefaultStreamHandler", "DefaultLogFileHandler"
    logger.addHandler(own)
    logger.addHandler(file)
    screen = Screen()
    assert terminal.take_over(logger, screen.terminal)
    assert logger.handlers == [file, screen.terminal]
    assert not terminal.take_over(logging.Logger("one with a plugin that was asked for"), screen.terminal)


class Planned:
    """A job as Snakemake knows it; to tell of it in full costs its command."""

    jobid, benchmark, resources, output = 3, None, {"device": "cpu"}, ["a.json"]
    rule, dag = SimpleNamespace(name="generate_audio"), SimpleNamespace(reason=lambda job: f"{CONCEPT}")

    def log_info(self, indent=False, printshellcmd=True):
        raise AssertionError("formatted in full")


def read_often():
    """Snakemake's module that looks at the parameters of functions, as far as it is asked for here."""
    looked_at = []
    return SimpleNamespace(get_function_params=lambda one: looked_at.append(one) or tuple(looked_at))


def test_a_dry_run_looks_at_the_parameters_of_a_function_once():
    common = read_often()
    terminal.plan_lightly(logging.Logger("snakemake"), type("Job", (Planned,), {}), common)
    assert [common.get_function_params(one) for one in (len, len, sum, len)] == [(len,), (len,), (len, sum), (len,)]


def test_a_dry_run_formats_nothing_that_its_table_does_not_show():
    logger, screen, job = logging.Logger("snakemake"), Screen(dry_run=True), type("Job", (Planned,), {})
    logger.addHandler(screen.terminal)
    terminal.plan_lightly(logger, job, read_often())
    job().log_info()
    said = screen.say(record(LogEvent.RUN_INFO, stats={}))
    assert said == [
        "rule            jobs  why",
        "generate_audio     1  concept is_brass",
        "1 job, because of: concept is_brass",
        "Nothing was done (dry-run). Every job in full: --verbose",
    ]


def test_a_dry_run_tells_everything_where_another_handler_listens():
    logger, job = logging.Logger("snakemake"), type("Job", (Planned,), {})
    logger.addHandler(Screen(dry_run=True).terminal)
    logger.addHandler(logging.NullHandler())
    terminal.plan_lightly(logger, job, read_often())
    with pytest.raises(AssertionError, match="formatted in full"):
        job().log_info()
