# The null of the noisy state: the finished latents under fresh noise of each kept level, decoded and heard like all else. It reads
# what generate_audio has left, so that turning it on makes no audio stale. Of which prompts clips are kept is as there.
RENOISED = "<results>/audio/renoised/step_{step}/shard_{shard}.tar"
RENOISED_UNHEARD = ["<results>/audio/renoised/unheard/shard_{shard}"] if RUN.listening else []


rule renoise_audio:
    input:
        GENERATOR_READY,
        prompts=batch_of_shard,
        latents=rules.generate_audio.output.latents,
    output:
        manifest="<results>/audio/renoised/shard_{shard}.json",
        tars=expand(RENOISED, step=RUN.steps, allow_missing=True),
        unheard=[temp(directory(folder)) for folder in RENOISED_UNHEARD],
    log:
        "<logs>/renoise_audio/shard_{shard}.log",
    benchmark:
        "<benchmarks>/renoise_audio/shard_{shard}.tsv"
    priority: 1  # as embed_audio
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
        **program("renoise_audio"),
        **GENERATOR,
        first=first_prompt_of_shard,
        last=last_prompt_of_shard,
        kept=kept_of_shard,
        samples=config["audio"]["samples"],
        sampling=RUN.sampling(),
    shell:
        "python {params.script:q} --prompts {input.prompts:q} --first {params.first} --last {params.last}"
        " --samples {params.samples} --latents {input.latents:q} {params.kept} --all {output.unheard:q}"
        " {params.generator} --digest {params.diffusion.value:q} {params.sampling}"
        " --batch-size {resources.batch_size} --device {resources.device} --threads {threads}"
        " --modules {resources.modules} --manifest {output.manifest:q} --tars {output.tars:q} 2> {log:q}"


use rule embed_audio as embed_renoised with:
    input:
        embedder_ready,
        RENOISED_UNHEARD,
        clips="<results>/audio/renoised/shard_{shard}.json",
        scaling=[],
    output:
        heard("embeddings/shards/renoised_{shard}.parquet"),
    log:
        heard("embed_renoised/shard_{shard}.log", "<logs>"),
    benchmark:
        heard("embed_renoised/shard_{shard}.tsv", "<benchmarks>")


# The tar files are inputs so that a step added to the configuration is made before it is collected.
use rule collect_embeddings as collect_renoised with:
    input:
        parts=heard("embeddings/shards/renoised_{shard}.parquet", shard=RUN.shards),
        tars=collect(RENOISED, step=RUN.steps, shard=RUN.shards),
        scaling=scaling_of_embedder,
    output:
        heard("embeddings/renoised/step_{step}.parquet", step=RUN.steps),
    log:
        heard("collect_renoised.log", "<logs>"),
    benchmark:
        heard("collect_renoised.tsv", "<benchmarks>")
