# `snakemake --profile slurm gpu_check`: what the run will do on GPU nodes for days, tried in two minutes. Both parts are one job.
# A run on a cluster asks for it where it has not passed for this configuration on these machines.
from musicologist import gpu_checks

GPU_CHECK = "<results>/gpu_check.json"
GPU_CHECKED = {
    **config["models"],
    "digests": [
        digest_of_model(str(config["models"][kind] or "none")) for kind in ("diffusion", "text_encoder", "clap")
    ],
    "audio.batch_size": config["audio"]["batch_size"],
    "embedding.batch_size": config["embedding"]["batch_size"],
    "trajectory.seconds_kept": config["trajectory"]["seconds_kept"],
    "device": config["device"],
    "environments": config["environments"],
}
GPU_PLAN = {
    "clips": len(SHARDS) and config["prompts"]["count"] * config["audio"]["samples"] * GENERATED,
    "steps": config["trajectory"]["steps"],
    "decoded": config["prompts"]["count"] * config["audio"]["samples"] * len(LEVELS) * GENERATED,
    "embedded": config["prompts"]["count"] * config["audio"]["samples"] * (len(LEVELS) + len(STEPS) * len(DEFORMED)),
    "jobs": len(SHARDS),
}


def site_of(wildcards, resources):
    """Where a job of these resources runs, as JSON."""
    return json.dumps(site_of_resources(resources))


def site_of_resources(resources):
    """The resources that say on which machines a job runs, those that are set."""
    return {key: resources.get(key) for key in gpu_checks.SITE if resources.get(key) not in (None, "")}


def check_gpu_was_tried():
    """UserError where GPU jobs are about to be queued on machines on which this configuration has not been tried."""
    if workflow.local_exec or workflow.is_main_process is False:
        return
    jobs = [job for job in workflow.dag.needrun_jobs() if not job.is_group() and job.rule.name not in PARTS]
    sites = {}
    for job in jobs:
        if job.resources.get("device", "cpu") != "cpu" and not job.is_local:
            sites.setdefault(json.dumps(site_of_resources(job.resources)), set()).add(job.rule.name)
    path = Path(RESULTS) / "gpu_check.json"
    record = json.loads(path.read_text(encoding="utf-8")) if path.exists() else None
    for site, rules in sites.items():
        why = gpu_checks.not_passed(record, GPU_CHECKED, json.loads(site))
        if why:
            raise UserError(
                f"GPU jobs ({', '.join(sorted(rules))}) are to be queued on {gpu_checks.words(json.loads(site))}, and this"
                f" configuration has not been tried there: {why}. `snakemake --profile slurm gpu_check` tries it in two minutes."
            )


PARTS = ("check_generator", "check_embedder")


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
        code=code_of("gpu_check"),
        generator=GENERATOR,
        sampling=sampling(),
        batch_size=config["audio"]["batch_size"],
        site=site_of,
    shell:
        "python scripts/gpu_check.py generator {params.generator} {params.sampling} --batch-size {params.batch_size}"
        " --device {resources.device} --modules {resources.modules} --site {params.site:q} --output {output:q} 2> {log:q}"


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
        code=code_of("gpu_check"),
        model=config["models"]["clap"],
        batch_size=config["embedding"]["batch_size"],
        site=site_of,
    shell:
        "python scripts/gpu_check.py embedder --model {params.model:q} --batch-size {params.batch_size}"
        " --device {resources.device} --modules {resources.modules} --site {params.site:q} --before {input.before:q}"
        " --output {output:q} 2> {log:q}"


rule gpu_check:
    input:
        rules.check_generator.output,
        rules.check_embedder.output,
    output:
        GPU_CHECK,
    log:
        "<logs>/gpu_check/verdict.log",
    retries: 0
    localrule: True
    params:
        code=code_of("gpu_check"),
        checked=json.dumps(GPU_CHECKED),
        plan=json.dumps(GPU_PLAN),
    shell:
        "python scripts/gpu_check.py verdict --parts {input:q} --checked {params.checked:q} --plan {params.plan:q}"
        " --output {output:q} 2> {log:q}"
