// Sound: all levels and signals of a clip run in step, one of them audible; a change of level is a cross-fade.
"use strict";
Listen.audio = (() => {
  const D = Listen.data;
  const FADE = 0.015; // seconds: the time constant of a cross-fade
  const payloads = {};
  const waiting = {};
  let context = null;
  let master = null;
  let volume = 0.8;
  let looping = true;
  let current = null; // {name, tracks: {key: {source, fade, buffer}}, started}
  let turn = 0;

  const decibels = (value) => 10 ** (value / 20);

  // A clip's sound: out of the page itself, or of a script beside it, for a page on a disk may not fetch.
  function payload(name) {
    if (payloads[name]) return Promise.resolve(payloads[name]);
    const inside = document.getElementById(`clip-${name}`);
    if (inside) return Promise.resolve((payloads[name] = JSON.parse(inside.textContent)));
    if (!waiting[name]) {
      const entry = (waiting[name] = {});
      entry.promise = new Promise((resolve, reject) => {
        entry.resolve = resolve;
        const script = Listen.h("script", { src: `clips/${encodeURIComponent(name)}.js` });
        script.onerror = () => {
          delete waiting[name];
          reject(new Error(`clips/${name}.js is missing; the folder clips belongs beside this page`));
        };
        document.head.append(script);
      });
    }
    return waiting[name].promise;
  }

  // Called by a clip's script. One clip is held at a time, for all levels of a long one are tens of megabytes.
  function loaded(name, content) {
    for (const known of Object.keys(payloads)) if (known !== current?.name) delete payloads[known];
    payloads[name] = content;
    waiting[name].resolve(content);
    delete waiting[name];
  }

  function bytes(base64) {
    const text = atob(base64);
    const array = new Uint8Array(text.length);
    for (let i = 0; i < text.length; i++) array[i] = text.charCodeAt(i);
    return array.buffer;
  }

  // White noise that is the same each time (mulberry32, Box and Muller).
  function noise(length) {
    let seed = 1;
    const uniform = () => {
      seed = (seed + 0x6d2b79f5) | 0;
      let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
      t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
      return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
    };
    return Float32Array.from(
      { length },
      () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()),
    );
  }

  // The control "finished clip under white noise", mixed here: x + sigma rms(x) n, over sqrt(1 + sigma^2).
  function deformed(finished, sigma, added) {
    const buffer = context.createBuffer(finished.numberOfChannels, finished.length, finished.sampleRate);
    for (let channel = 0; channel < finished.numberOfChannels; channel++) {
      const from = finished.getChannelData(channel);
      const to = buffer.getChannelData(channel);
      let power = 0;
      for (const sample of from) power += sample * sample;
      const scale = sigma * Math.sqrt(power / from.length);
      const all = Math.sqrt(1 + sigma * sigma);
      for (let i = 0; i < from.length; i++) to[i] = (from[i] + scale * added[i]) / all;
    }
    return buffer;
  }

  const hasDeformed = (clip) =>
    clip.corpus === "audio" &&
    clip.signals.includes("denoised") &&
    !clip.signals.includes("deformed") &&
    D.signals.some((signal) => signal.id === "deformed");

  async function tracks(name, clip) {
    const content = await payload(name);
    const jobs = [];
    for (const signal of clip.signals) {
      content[signal].forEach((mp3, i) => {
        if (mp3)
          jobs.push(
            context
              .decodeAudioData(bytes(mp3))
              .then((buffer) => [`${signal}/${i}`, { buffer, gain: clip.gain[signal][i] }]),
          );
      });
    }
    const found = Object.fromEntries(await Promise.all(jobs));
    if (hasDeformed(clip)) {
      const end = found[`denoised/${clip.steps.length - 1}`];
      const added = noise(end.buffer.length);
      clip.steps.forEach((step, i) => {
        const { sigma } = D.levels.find((level) => level.step === step);
        const hush = (D.hush_db * sigma ** 2) / (1 + sigma ** 2);
        found[`deformed/${i}`] = { buffer: deformed(end.buffer, sigma, added), gain: end.gain - hush };
      });
    }
    return found;
  }

  // Which of a clip's levels is heard where the slider stands: the one of the same step, or the nearest.
  function index(clip, level) {
    const step = D.levels[level].step;
    return clip.steps.reduce(
      (best, other, i) => (Math.abs(other - step) < Math.abs(clip.steps[best] - step) ? i : best),
      0,
    );
  }

  function key(name = Listen.state.clip, signal = Listen.state.signal, level = Listen.state.level) {
    const clip = D.clips[name];
    const has = clip.signals.includes(signal) || (signal === "deformed" && hasDeformed(clip));
    return `${has ? signal : clip.signals[clip.signals.length - 1]}/${index(clip, level)}`;
  }

  // Lets a track's gain glide to 0 or 1. Where it is now is reckoned here: not every browser tells it of a gain that glides.
  function glide(track, target) {
    const now = context.currentTime;
    const { from, to, at } = track.path;
    const value = to + (from - to) * Math.exp(-(now - at) / FADE);
    track.fade.gain.cancelScheduledValues(now);
    track.fade.gain.setValueAtTime(value, now);
    track.fade.gain.setTargetAtTime(target, now, FADE);
    track.path = { from: value, to: target, at: now };
  }

  function fade() {
    if (!current) return;
    const audible = key(current.name);
    for (const [name, track] of Object.entries(current.tracks)) glide(track, name === audible ? 1 : 0);
  }

  function stop() {
    turn += 1;
    if (current) {
      const tracks = Object.values(current.tracks);
      current = null;
      for (const track of tracks) {
        glide(track, 0);
        track.source.onended = null;
        track.source.stop(context.currentTime + 6 * FADE);
      }
    }
    Listen.set({ playing: false });
  }

  async function play(name) {
    const clip = D.clips[name];
    stop();
    const mine = (turn += 1);
    Listen.set({ clip: name });
    context = context || new AudioContext();
    if (!master) {
      master = context.createGain();
      master.gain.value = volume;
      master.connect(context.destination);
    }
    try {
      context.resume(); // not awaited: without a sound card it never comes
      const found = await tracks(name, clip);
      if (mine !== turn) return;
      const start = context.currentTime + 0.05;
      for (const track of Object.values(found)) {
        track.source = context.createBufferSource();
        track.source.buffer = track.buffer;
        track.source.loop = looping;
        track.fade = context.createGain();
        track.fade.gain.value = 0;
        track.path = { from: 0, to: 0, at: start };
        const level = context.createGain();
        level.gain.value = decibels(track.gain);
        track.source.connect(track.fade).connect(level).connect(master);
        track.source.start(start); // the same moment for all: levels stay in step to the sample
      }
      current = { name, tracks: found, started: start };
      Object.values(found)[0].source.onended = () => current?.tracks === found && stop();
      fade();
      Listen.set({ playing: true });
    } catch (error) {
      Listen.say(`This clip cannot be played: ${error.message}`);
    }
  }

  const toggle = (name) => (Listen.state.playing && Listen.state.clip === name ? stop() : play(name));

  Listen.onChange((changed) => {
    if (changed.includes("level") || changed.includes("signal")) fade();
  });

  return {
    loaded,
    play,
    stop,
    toggle,
    key,
    index,
    setVolume(value) {
      volume = value;
      if (master) master.gain.setTargetAtTime(value, context.currentTime, FADE);
    },
    volume: () => volume,
    setLooping(value) {
      looping = value;
      if (current) for (const { source } of Object.values(current.tracks)) source.loop = value;
    },
    looping: () => looping,
    // Decibels by which what is heard now is turned down because it is mostly noise.
    hush(name, signal, level) {
      const clip = D.clips[name];
      const [heard, at] = key(name, signal, level).split("/");
      if (!Listen.signal(heard).noise) return 0;
      const step = clip.steps[at];
      const sigma = (D.levels.find((known) => known.step === step) || D.levels[0]).sigma;
      return (D.hush_db * sigma ** 2) / (1 + sigma ** 2);
    },
    // For the tests: what is audible now, and whether all tracks started together and last equally long.
    gains: () =>
      Object.fromEntries(Object.entries(current?.tracks || {}).map(([name, track]) => [name, track.fade.gain.value])),
    tracks: () => current?.tracks || {},
    started: () => current?.started ?? null,
  };
})();
