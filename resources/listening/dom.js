// What all parts of the page share: its data, the state that it shows, and making elements without markup in strings.
"use strict";
var Listen = { data: JSON.parse(document.getElementById("data").textContent), parts: {} };

(() => {
  const D = Listen.data;
  const listeners = [];

  Listen.concepts = Object.fromEntries(D.concepts.map((concept) => [concept.id, concept]));
  Listen.last = D.levels.length - 1;
  Listen.curved = Listen.last > 0; // otherwise there are finished clips alone
  Listen.mainSignals = D.signals.filter((signal) => !signal.control);
  Listen.state = {
    signal: (Listen.mainSignals[0] || D.signals[0]).id,
    level: Listen.last,
    probe: D.probes[0].id,
    clip: null,
    playing: false,
    sorted: "order",
    sought: "",
    shown: "all",
    shownProbe: "",
  };

  // Every change of what is shown goes through here; `listener` is told which keys changed.
  Listen.set = (changes) => {
    const changed = Object.keys(changes).filter((key) => Listen.state[key] !== changes[key]);
    Object.assign(Listen.state, changes);
    if (changed.length) listeners.forEach((listener) => listener(changed));
  };
  Listen.onChange = (listener) => listeners.push(listener);

  // Appends what is there of `children`, however they are nested.
  Listen.fill = (element, ...children) =>
    element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));

  const make =
    (space) =>
    (tag, attributes, ...children) => {
      const element = space ? document.createElementNS(space, tag) : document.createElement(tag);
      for (const [name, value] of Object.entries(attributes || {})) {
        if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
        else if (value === true) element.setAttribute(name, "");
        else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
      }
      Listen.fill(element, ...children);
      return element;
    };
  Listen.h = make(null);
  Listen.svg = make("http://www.w3.org/2000/svg");

  Listen.say = (text) => {
    document.getElementById("live").textContent = text;
  };

  Listen.signal = (id) => D.signals.find((signal) => signal.id === id) || { id, name: id, meaning: "", noise: id === "noisy" };
  Listen.probe = (id) => D.probes.find((probe) => probe.id === id) || { id, name: id };
  Listen.prompt = (id) => D.prompts[id] || { text: "", aspects: [], marks: [] };

  const short = (value) => (value >= 100 ? value.toFixed(0) : Number(value.toPrecision(2)).toString());
  Listen.format = {
    area: (value) => (value === null || value === undefined ? "–" : value.toFixed(2).replace(/^0\./, ".")),
    number: (value) =>
      value === null || value === undefined ? "–" : value.toFixed(Math.abs(value) < 100 ? 2 : 0).replace("-", "−"),
    sigma: (value) => (value === null || value === undefined || !isFinite(value) ? "beyond the levels" : short(value)),
    decibels: (value) => `${(Math.round(value) || 0).toString().replace("-", "−")} dB`,
    level: (index) => {
      const level = D.levels[index];
      return `step ${level.step}, σ ${short(level.sigma)}, ${Listen.format.decibels(level.db)}`;
    },
    percent: (value) => `${Math.round(value * 100)} %`,
    interval: (values) => {
      const [value, low, high] = values;
      const ends = low === null || high === null ? "" : ` [${Listen.format.sigma(low)}, ${Listen.format.sigma(high)}]`;
      return `${Listen.format.sigma(value)}${ends}`;
    },
  };

  // A prompt with the words marked that made it count. `concept` tells those that count for it from the others.
  Listen.marked = (prompt, concept) => {
    const pieces = [];
    let place = 0;
    for (const [start, end, aspects] of prompt.marks) {
      pieces.push(prompt.text.slice(place, start));
      const asks = concept && aspects.some((aspect) => concept.definition.asks.includes(aspect));
      const kind = concept ? (asks ? "hit" : "other") : "hit";
      pieces.push(Listen.h("mark", { class: kind, title: aspects.join(", ") }, prompt.text.slice(start, end)));
      place = end;
    }
    pieces.push(prompt.text.slice(place));
    return pieces;
  };

  // Background and ink of a value between 0 and 1 in both themes; of black and white one always has a contrast of 4.5.
  const mix = (from, to, share) => from.map((part, i) => Math.round(part + (to[i] - part) * share));
  const luminance = (rgb) => {
    const [r, g, b] = rgb.map((part) => ((part /= 255) <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ink = (rgb) => (1.05 / (luminance(rgb) + 0.05) >= (luminance(rgb) + 0.05) / 0.05 ? "#fff" : "#000");
  const ends = {
    light: [
      [255, 255, 255],
      [122, 30, 92],
      [38, 104, 136],
    ],
    dark: [
      [31, 27, 40],
      [255, 158, 112],
      [104, 192, 232],
    ],
  };
  Listen.heat = (value) => {
    if (value === null || value === undefined) return "";
    const share = Math.min(1, Math.abs(value - 0.5) * 2);
    return Object.entries(ends)
      .map(([theme, [none, above, below]]) => {
        const rgb = mix(none, value >= 0.5 ? above : below, share);
        return `--${theme}:rgb(${rgb.join(" ")});--${theme}-ink:${ink(rgb)}`;
      })
      .join(";");
  };

  Listen.mean = (values) => {
    const known = values.filter((value) => value !== null && value !== undefined);
    return known.length ? known.reduce((sum, value) => sum + value, 0) / known.length : null;
  };

  // The curves behind a number of the atlas: of the probe that is chosen, else of all in the run's own embedder.
  Listen.curvesOf = (concept, probe) =>
    probe ? [...concept.curves, ...concept.outside].filter((curve) => curve.probe === probe) : concept.curves;

  // Where a curve that emerged has half of what it has above chance in the end, in words.
  Listen.when = (curve) =>
    curve.half_excess && curve.answer === "emerged" ? `σ ${Listen.format.interval(curve.half_excess)}` : "";

  // What a concept's curves say, one sentence a signal: where the probes agree one answer, else each probe's.
  Listen.answers = (concept, signals = Listen.mainSignals) =>
    signals
      .map((signal) => {
        const curves = concept.curves.filter((curve) => curve.signal === signal.id && curve.answer);
        if (!curves.length) return null;
        const same = new Set(curves.map((curve) => curve.answer)).size === 1;
        const where = (curve) => (Listen.when(curve) ? ` (${Listen.when(curve)})` : "");
        const text = same
          ? curves[0].answer +
            (where(curves[0]) && curves.length > 1
              ? `: ${curves.map((curve) => `σ ${Listen.format.sigma(curve.half_excess[0])}`).join(" and ")}`
              : where(curves[0]))
          : curves.map((curve) => `${Listen.probe(curve.probe).name}: ${curve.answer}${where(curve)}`).join("; ");
        return { signal, text, curves };
      })
      .filter(Boolean);
})();
