# `snakemake --profile slurm gpu_check`: what the run will do on GPU nodes for days, tried in two minutes. Both parts are one job.
# A run on Slurm asks for it where it has not passed for this configuration on these machines.
from dataclasses import asdict

from musicologist.workflow import gpu_checks

GPU_CHECKED = {
    **config["models"],
    "digests": [digest_of_model(kind).value for kind in ("diffusion", "text_encoder", "clap")],
    "audio.batch_size": config["audio"]["batch_size"],
    "embedding.batch_size": config["embedding"]["batch_size"],
    "trajectory.seconds_kept": config["trajectory"]["seconds_kept"],
    "device": config["device"],
    "environments": config["environments"],
}


def site_of(wildcards, resources):
    return json.dumps(gpu_checks.site_of(resources))


def check_gpu_was_tried():
    """UserError where GPU jobs are about to be queued on Slurm nodes on which this configuration has not been tried."""
    if workflow.executor_plugin.name in ("safe-slurm", "slurm"):
        queued = [job for job in workflow.dag.needrun_jobs() if job.resources.get("device", "cpu") != "cpu"]
        parts = ("check_generator", "check_embedder")
        jobs = [(job.rule.name, job.resources) for job in queued if not job.rule.name.endswith(parts)]
        path = Path(f"{RUN.results}/gpu_check.json")
        record = json.loads(path.read_text(encoding="utf-8")) if path.exists() else None
        gpu_checks.check_tried(record, GPU_CHECKED, jobs)


rule check_generator:
    input:
        DOWNLOADED,
    output:
        temp("<results>/gpu_check/generator.json"),
    log:
        "<logs>/gpu_check/generator.log",
    retries: 0
    group:
        "gpu_check"
    conda:
        "../envs/generation.yaml"
    envmodules:
        *GPU_MODULES,
    threads: 1
    resources:
        mem_mb=16000,
        runtime=10,
        device=config["device"],
        modules=LOADED_MODULES,
    params:
        **program("gpu_check"),
        **GENERATOR,
        sampling=RUN.sampling(),
        batch_size=config["audio"]["batch_size"],
        site=site_of,
    shell:
        "python {params.script:q} generator {params.generator} --digest {params.diffusion.value:q} {params.sampling}"
        " --batch-size {params.batch_size} --device {resources.device} --modules {resources.modules}"
        " --site {params.site:q} --output {output:q} 2> {log:q}"


rule check_embedder:
    input:
        before=rules.check_generator.output,
    output:
        temp("<results>/gpu_check/embedder.json"),
    log:
        "<logs>/gpu_check/embedder.log",
    retries: 0
    group:
        "gpu_check"
    conda:
        "../envs/clap.yaml"
    envmodules:
        *GPU_MODULES,
    threads: 1
    resources:
        mem_mb=16000,
        runtime=10,
        device=config["device"],
        modules=LOADED_MODULES,
    params:
        **program("gpu_check"),
        **EMBEDDER,
        batch_size=config["embedding"]["batch_size"],
        site=site_of,
    shell:
        "python {params.script:q} embedder --family {params.family:q} --model {params.model:q}"
        " --batch-size {params.batch_size} --device {resources.device} --modules {resources.modules}"
        " --site {params.site:q} --before {input.before:q} --output {output:q} 2> {log:q}"


rule gpu_check:
    input:
        rules.check_generator.output,
        rules.check_embedder.output,
    output:
        "<results>/gpu_check.json",
    log:
        "<logs>/gpu_check/verdict.log",
    retries: 0
    localrule: True
    params:
        **program("gpu_check"),
        checked=json.dumps(GPU_CHECKED),
        plan=json.dumps(asdict(gpu_checks.Plan.of(RUN))),
    shell:
        "python {params.script:q} verdict --parts {input:q} --checked {params.checked:q} --plan {params.plan:q}"
        " --output {output:q} 2> {log:q}"
