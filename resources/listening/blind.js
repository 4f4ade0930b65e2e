// Blind listening: a clip from noise to music without its label; the listener says level by level whether the concept is there.
"use strict";
Listen.parts.blind = (() => {
  const D = Listen.data;
  const { h, format } = Listen;
  const COLUMNS = [
    "run",
    "listener",
    "trial",
    "concept",
    "prompt_id",
    "sample",
    "asked",
    "signal",
    "step",
    "sigma",
    "answer",
  ];
  const given = []; // everything answered since the page was opened, for the export
  let trials = 0;

  const shuffled = (list) =>
    list
      .map((one) => [Math.random(), one])
      .sort((a, b) => a[0] - b[0])
      .map((pair) => pair[1]);

  // As many clips that ask for the concept as clips that do not, in an order that tells nothing.
  function draw(concept, count) {
    const of = (side) =>
      shuffled(
        Object.keys(concept.ranks).filter((name) => concept.ranks[name].side === side && D.clips[name]?.signals),
      );
    const [asked, other] = [of("asked"), of("other")];
    const each = Math.min(Math.max(1, Math.floor(count / 2)), asked.length, other.length);
    return shuffled([...asked.slice(0, each), ...other.slice(0, each)]);
  }

  // The noise level from which on every value passes; null where none does.
  function onset(values, passes) {
    let first = null;
    values.forEach((value, i) => {
      if (!passes(value)) first = null;
      else if (first === null) first = i;
    });
    return first;
  }

  const where = (level) =>
    level === null
      ? "never"
      : level === 0
        ? "from the first level on"
        : `from σ ${format.sigma(D.levels[level].sigma)} on`;

  function csv() {
    const quoted = (value) =>
      /[",\n\r]/.test(String(value)) ? `"${String(value).replaceAll('"', '""')}"` : String(value);
    return [COLUMNS, ...given].map((row) => row.map(quoted).join(",")).join("\n") + "\n";
  }

  function download() {
    const address = URL.createObjectURL(new Blob([csv()], { type: "text/csv" }));
    const link = h("a", { href: address, download: `listening-${D.card.run}.csv` });
    link.click();
    setTimeout(() => URL.revokeObjectURL(address), 1000);
    Listen.say(`${given.length} answers saved.`);
  }

  function session(main, concept, signal, listener, count) {
    const names = draw(concept, count);
    const heard = []; // [clip, answers]
    let [trial, level, answers] = [0, 0, []];
    const title = h("h1", { tabindex: -1 }, `Is there ${concept.name} in it?`);
    const progress = h("p", { class: "lead" });
    const listen = h("button", { type: "button", class: "big", onclick: () => Listen.audio.toggle(names[trial]) });
    const track = h("div", { class: "track", "aria-hidden": "true" });
    const say = (answer) => () => {
      const [prompt, sample] = names[trial].split("_");
      const asked = concept.ranks[names[trial]].side === "asked" ? 1 : 0;
      given.push([
        D.card.run,
        listener,
        trials + trial + 1,
        concept.id,
        prompt,
        sample,
        asked,
        signal,
        D.levels[level].step,
        D.levels[level].sigma,
        answer,
      ]);
      answers.push(answer);
      if (level < Listen.last) {
        level += 1;
        Listen.set({ level });
      } else {
        heard.push([names[trial], answers]);
        [trial, level, answers] = [trial + 1, 0, []];
        Listen.audio.stop();
        if (trial === names.length) return finish();
        Listen.set({ level: 0 });
        Listen.audio.play(names[trial]);
      }
      show();
    };
    const buttons = h(
      "div",
      { class: "three", role: "group", "aria-label": "Your answer at this level" },
      ["yes", "unsure", "no"].map((answer) =>
        h("button", { type: "button", class: "big", onclick: say(answer) }, answer[0].toUpperCase() + answer.slice(1)),
      ),
    );
    function show() {
      progress.textContent = `Clip ${trial + 1} of ${names.length}, level ${level + 1} of ${D.levels.length}.`;
      Listen.say(progress.textContent);
      track.replaceChildren(
        ...D.levels.map((_, i) => h("span", { class: i < level ? "done" : i === level ? "now" : "" })),
      );
      update();
    }
    function update() {
      listen.textContent = Listen.state.playing ? "■ Stop" : "▶ Listen";
    }
    function finish() {
      trials += names.length;
      Listen.blind = false;
      Listen.say("Done. Your thresholds stand beside the probes'.");
      const rows = heard.map(([name, said]) => {
        const yours = onset(said, (answer) => answer === "yes");
        const probes = D.probes.map((probe) => [
          probe,
          onset(concept.scores[name]?.[probe.id]?.[signal] || [], (value) => value > 0),
        ]);
        return h(
          "tr",
          {},
          h(
            "th",
            { scope: "row" },
            h("a", { href: `#prompt/${name}` }, Listen.marked(Listen.prompt(name.split("_")[0]), concept)),
          ),
          h("td", {}, concept.ranks[name].side === "asked" ? "yes" : "no"),
          h("td", {}, where(yours)),
          probes.map(([, first]) => h("td", {}, where(first))),
        );
      });
      main.replaceChildren(
        h("h1", {}, `You and the probes: ${concept.name}`),
        h("p", { class: "lead" }, `From which moment on it was heard in each clip, ${Listen.signal(signal).name}.`),
        h(
          "div",
          { class: "scroll", tabindex: 0, role: "region", "aria-label": "Your answers beside the probes'" },
          h(
            "table",
            { class: "results" },
            h(
              "thead",
              {},
              h(
                "tr",
                {},
                ["Prompt", "asks for it", "you", ...D.probes.map((probe) => probe.name)].map((text) =>
                  h("th", { scope: "col" }, text),
                ),
              ),
            ),
            h("tbody", {}, rows),
          ),
        ),
        h(
          "p",
          {},
          "You went from noise to music, so you may have kept to an answer longer than you heard it (hysteresis); probes have no memory.",
        ),
        h(
          "p",
          { class: "controls" },
          h("button", { type: "button", class: "big", onclick: download }, "Save your answers as CSV"),
          " ",
          h("button", { type: "button", class: "big", onclick: () => Listen.go() }, "Once more"),
        ),
        h(
          "p",
          { class: "small" },
          "The file stays on your machine. Whoever made this run can name it under inputs.listeners in the configuration; the next page then draws listeners beside the probes.",
        ),
      );
      main.querySelector("h1").tabIndex = -1;
      main.querySelector("h1").focus();
    }
    Listen.blind = true;
    Listen.audio.stop();
    Listen.set({ signal, level: 0 });
    main.replaceChildren(
      title,
      progress,
      h("p", { class: "notice" }, "It begins with noise, turned down. Use headphones at a low volume."),
      listen,
      track,
      buttons,
      h("p", { class: "small" }, "Every answer brings the next level, less noisy than the last."),
    );
    show();
    title.focus();
    Listen.parts.blind.update = (changed) => Listen.blind && changed.includes("playing") && update();
  }

  return {
    title: "Blind listening",
    leave() {
      Listen.blind = false;
      Listen.audio.stop();
    },
    render(main, [id]) {
      this.update = () => {};
      const possible = D.concepts.filter((concept) => draw(concept, 2).length === 2);
      if (!Listen.data.audible || !possible.length) {
        Listen.fill(
          main,
          h("h1", {}, "Blind listening"),
          h(
            "p",
            { class: "notice" },
            Listen.data.audible
              ? "No concept has clips of both sides on this page."
              : "This run has no audio, so there is nothing to listen to.",
          ),
        );
        return;
      }
      const wanted = possible.some((concept) => concept.id === id) ? id : possible[0].id;
      const field = (label, input) => h("label", { class: "choice" }, h("span", {}, label), input);
      const select = (options) =>
        h(
          "select",
          {},
          options.map((one) => h("option", { value: one.id, selected: one.id === wanted }, one.name)),
        );
      const concept = select(possible);
      const signal = select([...Listen.mainSignals].sort((one) => (one.id === "noisy" ? -1 : 1)));
      const count = h("input", { type: "number", min: 2, max: 40, step: 2, value: 6 });
      const listener = h("input", { type: "text", value: "anonymous", autocomplete: "off" });
      Listen.fill(
        main,
        h("h1", {}, "When do you hear it?"),
        h(
          "p",
          { class: "lead" },
          "You hear clips from noise to music and do not know what was asked for. At each level say whether you hear the concept; afterwards your threshold stands beside the probes'.",
        ),
        h(
          "form",
          {
            class: "blind-form",
            onsubmit: (event) => {
              event.preventDefault();
              session(
                main,
                Listen.concepts[concept.value],
                signal.value,
                listener.value.trim() || "anonymous",
                Number(count.value),
              );
            },
          },
          field("Concept", concept),
          field("Signal", signal),
          field("Clips", count),
          field("A name for the file", listener),
          h("button", { type: "submit", class: "big" }, "Begin"),
        ),
        given.length
          ? h(
              "p",
              {},
              `${given.length} answers so far. `,
              h("button", { type: "button", onclick: download }, "Save them as CSV"),
            )
          : "",
      );
    },
  };
})();
