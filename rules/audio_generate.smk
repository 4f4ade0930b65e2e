# The kept steps are read off the outputs, not off the parameters: a step removed must not make audio stale. Batch size and
# device change no clip either: as resources they make nothing stale.
rule generate_audio:
    input:
        GENERATOR_READY,
        prompts=batch_of_shard,
    output:
        manifest="<results>/audio/shard_{shard}.json",
        tars=audio_of_shard(),
        unheard=[temp(directory(folder)) for folder in RUN.unheard],
        latents=temp(RUN.latents) if RUN.listening else RUN.latents,
        information="<results>/audio/information/shard_{shard}.jsonl" if RUN.informed else [],
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
        **program("generate_audio"),
        **GENERATOR,
        first=first_prompt_of_shard,
        last=last_prompt_of_shard,
        kept=kept_of_shard,
        samples=config["audio"]["samples"],
        sampling=RUN.sampling(),
    shell:
        "python {params.script:q} --prompts {input.prompts:q} --first {params.first} --last {params.last}"
        " --samples {params.samples} {params.kept} --all {output.unheard:q}"
        " --latents {output.latents:q} --information {output.information:q}"
        " {params.generator} --digest {params.diffusion.value:q} {params.sampling}"
        " --batch-size {resources.batch_size} --device {resources.device}"
        " --modules {resources.modules} --manifest {output.manifest:q} --tars {output.tars:q} 2> {log:q}"
