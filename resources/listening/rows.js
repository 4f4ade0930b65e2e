// One clip: play, its words, its spectrograms over the levels, and what each probe decides about it.
"use strict";
Listen.rows = (() => {
  const D = Listen.data;
  const { h, svg, format } = Listen;

  function playButton(name, what) {
    const button = h("button", {
      type: "button",
      class: "play",
      "data-clip": name,
      onclick: () => Listen.audio.toggle(name),
    });
    button.update = () => {
      const on = Listen.state.playing && Listen.state.clip === name;
      button.setAttribute("aria-label", `${on ? "Stop" : "Play"}: ${what}`);
      button.setAttribute("aria-pressed", String(on));
      button.replaceChildren(h("span", { "aria-hidden": "true" }, on ? "■" : "▶"));
    };
    button.update();
    return button;
  }

  // Spectrograms of one signal from noise to music; a click plays that level. By keyboard: the play button and the level slider.
  function strip(name, signal, label) {
    const clip = D.clips[name];
    const row = clip.signals.indexOf(signal);
    if (row < 0) return null;
    const tiles = clip.steps.map((step, i) =>
      h("span", {
        class: "tile",
        "data-step": step,
        style:
          `background-image:url("${clip.picture}");background-size:${clip.steps.length * 100}% ${clip.signals.length * 100}%;` +
          `background-position:${clip.steps.length > 1 ? (i / (clip.steps.length - 1)) * 100 : 0}% ${clip.signals.length > 1 ? (row / (clip.signals.length - 1)) * 100 : 0}%`,
      }),
    );
    const box = h(
      "div",
      {
        class: "strip",
        role: "img",
        "aria-label": `${label || "Spectrograms"}, ${Listen.signal(signal).name}, from noise to music`,
      },
      tiles,
    );
    box.addEventListener("click", (event) => {
      const tile = event.target.closest(".tile");
      const level = tile && D.levels.findIndex((known) => known.step === Number(tile.dataset.step));
      if (!tile) return;
      Listen.set({ signal, ...(level >= 0 ? { level } : {}) });
      if (!(Listen.state.playing && Listen.state.clip === name)) Listen.audio.play(name);
    });
    box.update = () =>
      tiles.forEach((tile) => {
        const now = Listen.audio.key(name) === `${signal}/${clip.steps.indexOf(Number(tile.dataset.step))}`;
        tile.classList.toggle("now", now);
      });
    box.update();
    return box;
  }

  const side = (value) => (value > 0 ? "●" : "○");
  const decided = (value) =>
    value === null || value === undefined ? "not scored here" : `${side(value)} ${format.number(value)}`;

  function spark(values, name) {
    const known = values.filter((value) => value !== null);
    if (known.length < 2) return null;
    const most = Math.max(0.5, ...known.map(Math.abs));
    const x = (i) => 2 + (i / (values.length - 1)) * 76;
    const y = (value) => 12 - (value / most) * 10;
    const points = values
      .map((value, i) => (value === null ? null : `${x(i).toFixed(1)},${y(value).toFixed(1)}`))
      .filter(Boolean)
      .join(" ");
    const now = values[Listen.state.level];
    return svg(
      "svg",
      { class: "spark", viewBox: "0 0 80 24", role: "img", "aria-label": `${name}: its decisions from noise to music` },
      svg("line", { class: "chance", x1: 2, x2: 78, y1: 12, y2: 12 }),
      svg("polyline", { points, fill: "none" }),
      now === null || now === undefined ? null : svg("circle", { cx: x(Listen.state.level), cy: y(now), r: 2.6 }),
    );
  }

  // The decisions of all probes about a clip at the level and signal that are chosen.
  function decisions(concept, name) {
    const scores = concept.scores[name] || {};
    const judged = concept.judged[name] || {};
    const signal = Listen.state.signal;
    const judges = { zero_shot: "text probe", in_domain: "probe of finished clips" };
    return h(
      "dl",
      { class: "decisions" },
      D.probes
        .filter((probe) => scores[probe.id])
        .map((probe) => {
          const values = scores[probe.id][signal] || [];
          return h(
            "div",
            {},
            h("dt", {}, probe.name),
            h(
              "dd",
              { "data-probe": probe.id },
              h("span", { class: "decision" }, decided(values[Listen.state.level])),
              spark(values, probe.name),
            ),
          );
        }),
      Object.entries(judged)
        .filter(([, value]) => value !== null)
        .map(([judge, value]) =>
          h(
            "div",
            { class: "judge" },
            h("dt", {}, `${judges[judge] || judge.replaceAll("_", " ")}, finished clip`),
            h("dd", {}, h("span", { class: "decision" }, decided(value))),
          ),
        ),
    );
  }

  const SIDES = { asked: "asks for it", other: "does not ask for it", near: "asks for something near" };

  // A row of a concept's list.
  function clipRow(concept, name, role) {
    const [id] = name.split("_");
    const prompt = Listen.prompt(id);
    const rank = concept.ranks[name];
    const clip = D.clips[name];
    const place = rank.rank ? `, number ${rank.rank} of ${rank.of}` : "";
    const words = h("p", { class: "words" }, h("a", { href: `#prompt/${name}` }, Listen.marked(prompt, concept)));
    const sample = Number(name.split("_")[1]) ? `, clip ${Number(name.split("_")[1]) + 1} of this prompt` : "";
    const row = h("li", { class: `row ${rank.side}` });
    const parts = [];
    const button = clip?.signals ? playButton(name, prompt.text) : null;
    row.update = () => {
      const box = decisions(concept, name);
      row.querySelector(".decisions")?.replaceWith(box);
      button?.update();
      parts.forEach((part) => part.update());
      row.classList.toggle("sounding", Listen.state.playing && Listen.state.clip === name);
    };
    row.strips = () => {
      const signal = clip?.signals?.includes(Listen.state.signal) ? Listen.state.signal : clip?.signals?.[0];
      const made = signal ? strip(name, signal, prompt.text) : null;
      parts.splice(0, parts.length, ...(made ? [made] : []));
      return made;
    };
    row.append(
      h("p", { class: "role" }, h("strong", {}, role || "Also"), ` ${SIDES[rank.side]}${place}${sample}`),
      h("div", { class: "line" }, button, words),
      row.strips() || "",
      decisions(concept, name),
    );
    row.resign = () => {
      const made = row.strips();
      const old = row.querySelector(".strip");
      if (old && made) old.replaceWith(made);
      row.update();
    };
    return row;
  }

  return { playButton, strip, decided, decisions, clipRow, side };
})();
