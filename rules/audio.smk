# The kept steps are read off the outputs, not off the parameters: a step removed must not make audio stale. Batch size and
# device change no clip either: as resources they make nothing stale.
rule generate_audio:
    input:
        DOWNLOADED,
        prompts=batch_of_shard,
    output:
        manifest="<results>/audio/shard_{shard}.json",
        tars=audio_output(
            expand(
                "<results>/audio/{signal}/step_{step}/shard_{{shard}}.tar",
                signal=SIGNALS,
                step=STEPS,
            )
        ),
        unheard=[temp(directory(folder)) for folder in UNHEARD],
    log:
        "<logs>/generate_audio/shard_{shard}.log",
    benchmark:
        "<benchmarks>/generate_audio/shard_{shard}.tsv"
    conda:
        "../envs/generation.yaml"
    envmodules:
        *GPU_MODULES,
    threads: 1
    resources:
        mem_mb=16000,
        runtime=240,
        batch_size=config["audio"]["batch_size"],
        device=config["device"],
        modules=LOADED_MODULES,
    params:
        code=code_of("generate_audio"),
        model=config["models"]["diffusion"],
        digest=digest_of_model(config["models"]["diffusion"]),
        text_encoder=TEXT_ENCODER,
        text_encoder_digest=TEXT_ENCODER_DIGEST,
        precision=config["models"]["precision"],
        first=first_prompt_of_shard,
        last=last_prompt_of_shard,
        kept=kept_of_shard,
        samples=config["audio"]["samples"],
        seed=config["seed"],
        sampler=config["trajectory"]["sampler"],
        steps=config["trajectory"]["steps"],
        guidance=config["trajectory"]["guidance"],
        guidance_rescale=config["trajectory"]["guidance_rescale"],
        sigma_max=config["trajectory"]["sigma_max"],
        sigma_min=config["trajectory"]["sigma_min"],
        seconds_total=config["trajectory"]["seconds_total"],
        seconds_kept=config["trajectory"]["seconds_kept"],
    shell:
        "python scripts/generate_audio.py --prompts {input.prompts:q} --first {params.first} --last {params.last}"
        " --samples {params.samples} {params.kept} --all {output.unheard:q}"
        " --seed {params.seed} --model {params.model:q} --digest {params.digest:q}"
        " {params.text_encoder} --precision {params.precision}"
        " --sampler {params.sampler} --steps {params.steps} --guidance {params.guidance}"
        " --guidance-rescale {params.guidance_rescale}"
        " --sigma-max {params.sigma_max} --sigma-min {params.sigma_min}"
        " --seconds-total {params.seconds_total} --seconds-kept {params.seconds_kept}"
        " --batch-size {resources.batch_size} --device {resources.device}"
        " --modules {resources.modules} --manifest {output.manifest:q} --tars {output.tars:q} 2> {log:q}"
