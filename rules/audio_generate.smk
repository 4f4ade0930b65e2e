# The kept steps are read off the outputs, not off the parameters: a step removed must not make audio stale. Batch size and
# device change no clip either: as resources they make nothing stale.
rule generate_audio:
    input:
        GENERATOR_READY,
        prompts=batch_of_shard,
    output:
        manifest=f"<results>/audio/{'latents/' * RUN.decodes}shard_{{shard}}.json",
        tars=audio_of_shard(),
        unheard=[temp(directory(folder)) for folder in RUN.unheard if not RUN.decodes],
        latents=temp(RUN.latents) if RUN.listening and not RUN.decodes else RUN.latents,
        information="<results>/audio/information/shard_{shard}.jsonl" if RUN.informed else [],
    log:
        "<logs>/generate_audio/shard_{shard}.log",
    benchmark:
        "<benchmarks>/generate_audio/shard_{shard}.tsv"
    conda:
        "../envs/generation.yaml"
    envmodules:
        *GPU_MODULES,
    threads: GPU_THREADS
    resources:
        mem_mb=16000,
        runtime=240,
        batch_size=config["audio"]["batch_size"],
        device=config["device"],
        modules=LOADED_MODULES,
    params:
        **program("generate_audio"),
        **GENERATOR,
        first=first_prompt_of_shard,
        last=last_prompt_of_shard,
        kept="" if RUN.decodes else kept_of_shard,
        samples=config["audio"]["samples"],
        sampling=RUN.sampling(),
    shell:
        "python {params.script:q} --prompts {input.prompts:q} --first {params.first} --last {params.last}"
        " --samples {params.samples} {params.kept} --all {output.unheard:q}"
        " --latents {output.latents:q} --information {output.information:q}"
        " {params.generator} --digest {params.diffusion.value:q} {params.sampling}"
        " --batch-size {resources.batch_size} --device {resources.device} --threads {threads}"
        " --modules {resources.modules} --manifest {output.manifest:q} --tars {output.tars:q} 2> {log:q}"


# What is kept as latents is decoded for each embedder anew, and is deleted once it has heard: one that is added later generates
# nothing, and makes nothing of the others stale.
if RUN.decodes:

    rule decode_audio:
        input:
            GENERATOR_READY,
            prompts=batch_of_shard,
            latents=rules.generate_audio.output.manifest,
        output:
            manifest=heard("audio/shard_{shard}.json"),
            tars=[],
            unheard=[temp(directory(folder)) for folder in RUN.unheard],
        log:
            heard("decode_audio/shard_{shard}.log", "<logs>"),
        benchmark:
            heard("decode_audio/shard_{shard}.tsv", "<benchmarks>")
        conda:
            "../envs/generation.yaml"
        envmodules:
            *GPU_MODULES,
        threads: GPU_THREADS
        resources:
            mem_mb=16000,
            runtime=120,
            batch_size=config["audio"]["batch_size"],
            device=config["device"],
            modules=LOADED_MODULES,
        params:
            **program("decode_audio"),
            **GENERATOR,
            first=first_prompt_of_shard,
            last=last_prompt_of_shard,
            kept="",
            where="--folder",
            samples=config["audio"]["samples"],
            sampling=RUN.sampling(),
        shell:
            "python {params.script:q} --prompts {input.prompts:q} --first {params.first} --last {params.last}"
            " --samples {params.samples} --latents {input.latents:q} {params.kept}"
            " {params.generator} --digest {params.diffusion.value:q} {params.sampling}"
            " --batch-size {resources.batch_size} --device {resources.device} --threads {threads} --modules {resources.modules}"
            " --manifest {output.manifest:q} {params.where} {output.unheard:q} {output.tars:q} 2> {log:q}"

    # For people, of the first prompts of the run.
    use rule decode_audio as decode_listening with:
        input:
            GENERATOR_READY,
            prompts=batch_of_shard,
            latents=rules.generate_audio.output.manifest,
            levels=rules.generate_audio.output.tars,
        output:
            manifest=[],
            tars=expand(
                "<results>/audio/{signal}/step_{step}/shard_{shard}.tar",
                signal=RUN.signals,
                step=RUN.steps,
                allow_missing=True,
            ),
            unheard=[],
        log:
            "<logs>/decode_listening/shard_{shard}.log",
        benchmark:
            "<benchmarks>/decode_listening/shard_{shard}.tsv"
        params:
            **program("decode_audio"),
            **GENERATOR,
            first=first_prompt_of_shard,
            last=last_prompt_of_shard,
            kept=kept_of_shard,
            where="--tars",
            samples=config["audio"]["samples"],
            sampling=RUN.sampling(),
