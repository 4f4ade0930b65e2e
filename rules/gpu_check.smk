# `snakemake --profile slurm gpu_check`: what the run will do on GPU nodes for days, tried in two minutes. Both parts are one job.
# A run on Slurm asks for it where it has not passed for this configuration on these machines.
from dataclasses import asdict

from musicologist.workflow import gpu_checks

GPU_CHECKED = {
    **config["models"],
    "digests": [digest_of_model(kind).value for kind in ("diffusion", "text_encoder")] + [digest_of_embedder("").value],
    "audio.batch_size": config["audio"]["batch_size"],
    "embedding.batch_size": config["embedding"]["batch_size"],
    "trajectory.seconds_kept": config["trajectory"]["seconds_kept"],
    "device": config["device"],
    "environments": config["environments"],
}


if RUN.generates:

    rule check_generator:
        input:
            GENERATOR_READY,
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
            site=lambda wildcards, resources: json.dumps(gpu_checks.site_of(resources)),
        shell:
            "python {params.script:q} generator {params.generator} --digest {params.diffusion.value:q} {params.sampling}"
            " --batch-size {params.batch_size} --device {resources.device} --modules {resources.modules}"
            " --site {params.site:q} --output {output:q} 2> {log:q}"


rule check_embedder:
    input:
        embedder_ready,
        before=rules.check_generator.output if RUN.generates else [],
    output:
        temp("<results>/gpu_check/embedder.json"),
    log:
        "<logs>/gpu_check/embedder.log",
    retries: 0
    group:
        "gpu_check"
    conda:
        environment_of_embedder
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
        precision=config["models"]["precision"],
        batch_size=config["embedding"]["batch_size"],
        site=lambda wildcards, resources: json.dumps(gpu_checks.site_of(resources)),
    shell:
        "python {params.script:q} embedder --family {params.family:q} --model {params.model:q}"
        " --precision {params.precision} --batch-size {params.batch_size} --device {resources.device}"
        " --modules {resources.modules} --site {params.site:q} --before {input.before:q} --output {output:q} 2> {log:q}"


rule gpu_check:
    input:
        rules.check_generator.output if RUN.generates else [],
        rules.check_embedder.output,
    output:
        "<results>/gpu_check.json",
    log:
        "<logs>/gpu_check/verdict.log",
    retries: 0
    localrule: True
    conda:
        "../envs/downloads.yaml"
    params:
        **program("gpu_check"),
        checked=json.dumps(GPU_CHECKED),
        plan=json.dumps(asdict(gpu_checks.Plan.of(RUN))),
    shell:
        "python {params.script:q} verdict --parts {input:q} --checked {params.checked:q} --plan {params.plan:q}"
        " --output {output:q} 2> {log:q}"
