// Which part is shown, the player at the foot, and what follows a change.
"use strict";
(() => {
  const D = Listen.data;
  const { h, format } = Listen;
  const main = document.getElementById("main");
  const dock = document.getElementById("dock");

  Listen.parts.run = {
    title: "Run card",
    render(place) {
      const { card } = D;
      const counts = Object.entries(card.counts || {})
        .map(([name, value]) => `${value.toLocaleString("en")} ${name}`)
        .join(", ");
      const rows = [
        ["Made on", card.date],
        ["Counts", counts],
        ["Version", card.version],
        ["Commit", card.commit],
        ["Seed", card.seed],
        ["Notes", `${card.notes.source}; licence: ${card.notes.licence}`],
        ["Made again by", h("code", {}, card.command)],
      ];
      Listen.fill(
        place,
        h("h1", {}, `Run ${card.run}`),
        h(
          "p",
          { class: "lead" },
          "What made all this, so that it can be made again. The same stands in run.json in the run's folder.",
        ),
        h(
          "dl",
          { class: "facts" },
          rows.map(([term, text]) => h("div", {}, h("dt", {}, term), h("dd", {}, text))),
        ),
        h("h2", {}, "Models"),
        h(
          "div",
          { class: "scroll", tabindex: 0, role: "region", "aria-label": "Models" },
          h(
            "table",
            { class: "results" },
            h(
              "thead",
              {},
              h(
                "tr",
                {},
                ["Model", "does what", "digest", "licence"].map((text) => h("th", { scope: "col" }, text)),
              ),
            ),
            h(
              "tbody",
              {},
              card.models.map((model) =>
                h(
                  "tr",
                  {},
                  h(
                    "th",
                    { scope: "row" },
                    model.title,
                    model.warning ? h("span", { class: "warning-words" }, `⚠ ${model.warning}`) : "",
                  ),
                  h("td", {}, model.role),
                  h("td", {}, h("code", {}, model.digest)),
                  h("td", {}, model.licence),
                ),
              ),
            ),
          ),
        ),
        h("h2", {}, "Configuration"),
        h(
          "pre",
          { tabindex: 0, role: "region", "aria-label": "Configuration" },
          JSON.stringify(card.configuration, null, 2),
        ),
      );
    },
  };
  const NAV = Listen.curved ? ["atlas", "order", "prompt", "blind", "run"] : ["atlas", "prompt", "blind", "run"];
  let part = null;

  function navigate() {
    const [name, ...rest] = decodeURIComponent(location.hash.slice(1)).split("/");
    const next = Listen.parts[name] ? name : "atlas";
    part?.leave?.();
    part = Listen.parts[next];
    part.update = null;
    part.resize = null;
    main.replaceChildren();
    part.render(main, rest);
    const title = next === "concept" ? (Listen.concepts[rest[0]]?.name ?? "concept") : part.title;
    document.title = `${title}: ${D.card.run}`;
    for (const link of document.querySelectorAll("#nav a")) {
      const here = link.hash === `#${next}` || (next === "concept" && link.hash === "#atlas");
      here ? link.setAttribute("aria-current", "page") : link.removeAttribute("aria-current");
    }
    showDock(next);
  }
  Listen.go = navigate;

  // The player: what plays, the level slider, the signal, and how loud.
  const playing = h("p", { class: "dock-title" });
  const button = h("button", {
    type: "button",
    class: "play large",
    id: "dock-play",
    onclick: () => Listen.state.clip && Listen.audio.toggle(Listen.state.clip),
  });
  const output = h("span", { class: "level-text" });
  const slider = h("input", {
    type: "range",
    id: "level",
    min: 0,
    max: Listen.last,
    step: 1,
    value: Listen.state.level,
    disabled: Listen.last === 0,
    oninput: (event) => Listen.set({ level: Number(event.target.value) }),
  });
  const radios = D.signals.map((signal) =>
    h(
      "label",
      { title: signal.meaning },
      h("input", {
        type: "radio",
        name: "signal",
        value: signal.id,
        checked: signal.id === Listen.state.signal,
        onchange: () => Listen.set({ signal: signal.id }),
      }),
      h("span", {}, signal.name),
    ),
  );
  const warning = h("p", { class: "hush" });
  const ticks = h("div", { class: "ticks", "aria-hidden": "true" }, h("span", {}, "noise"), h("span", {}, "music"));
  if (D.audible) {
    dock.append(
      h("div", { class: "dock-play" }, button, playing),
      h("div", { class: "dock-level", hidden: !Listen.curved }, h("label", { for: "level" }, "Noise level"), slider, ticks, output, warning),
      h("fieldset", { class: "dock-signal" }, h("legend", {}, "Signal"), radios),
      h(
        "div",
        { class: "dock-more" },
        h(
          "label",
          {},
          h("input", {
            type: "checkbox",
            checked: Listen.audio.looping(),
            onchange: (event) => Listen.audio.setLooping(event.target.checked),
          }),
          h("span", {}, "repeat"),
        ),
        h(
          "label",
          { class: "volume" },
          h("span", {}, "Volume"),
          h("input", {
            type: "range",
            min: 0,
            max: 1,
            step: 0.05,
            value: Listen.audio.volume(),
            oninput: (event) => Listen.audio.setVolume(Number(event.target.value)),
          }),
        ),
      ),
    );
  } else {
    dock.append(
      h("div", { class: "dock-level", hidden: !Listen.curved }, h("label", { for: "level" }, "Noise level"), slider, ticks, output),
      D.signals.length > 1 ? h("fieldset", { class: "dock-signal" }, h("legend", {}, "Signal"), radios) : "",
    );
  }

  function showDock(name) {
    const wanted = !Listen.blind && (name === "concept" || name === "prompt" || (name === "atlas" && D.audible));
    dock.hidden = !wanted;
    document.body.classList.toggle("docked", wanted);
  }

  function name(clip) {
    const { corpus, prompt, sample } = D.clips[clip];
    if (corpus === "note") return "a note";
    return corpus === "audio" ? `“${Listen.prompt(prompt).text}”` : `${corpus}, prompt ${prompt}, ${sample + 1}`;
  }

  function refresh() {
    const { clip, level, signal, playing: on } = Listen.state;
    const text = format.level(level);
    output.textContent = text;
    slider.value = level;
    slider.setAttribute("aria-valuetext", text);
    for (const radio of dock.querySelectorAll("input[name=signal]")) radio.checked = radio.value === signal;
    button.disabled = !clip;
    button.setAttribute("aria-label", on ? "Stop" : "Play");
    button.replaceChildren(h("span", { "aria-hidden": "true" }, on ? "■" : "▶"));
    playing.replaceChildren(clip ? `${on ? "Playing" : "Stopped"}: ${name(clip)}` : "Choose a clip above.");
    const quieter = clip ? Listen.audio.hush(clip, signal, level) : 0;
    warning.textContent = quieter > 2 ? `Noise: played ${quieter.toFixed(0)} dB more quietly.` : "";
  }

  Listen.onChange((changed) => {
    if (D.audible || changed.includes("level") || changed.includes("signal")) refresh();
    if (!Listen.blind) {
      const { clip, playing: on, level, signal } = Listen.state;
      const hush = clip && on ? Listen.audio.hush(clip, signal, level) : 0;
      const noisy = hush > 2 ? `; noise, played ${hush.toFixed(0)} decibels more quietly` : "";
      if (changed.includes("playing"))
        Listen.say(
          on ? `Playing ${name(clip)}, ${Listen.signal(signal).name}, ${format.level(level)}${noisy}` : "Stopped",
        );
      else if (on && (changed.includes("signal") || changed.includes("level")))
        Listen.say(`${Listen.signal(signal).name}, ${format.level(level)}${noisy}`);
    }
    if (["level", "signal", "playing", "clip"].some((key) => changed.includes(key))) part?.update?.(changed);
  });

  // Without a focused control: arrows move the level, space plays and stops.
  document.addEventListener("keydown", (event) => {
    if (
      event.altKey ||
      event.ctrlKey ||
      event.metaKey ||
      event.target.closest("input, select, button, a, textarea, summary, [role=region]") ||
      dock.hidden
    )
      return;
    const moves = { ArrowLeft: -1, ArrowRight: 1 };
    if (event.key in moves)
      Listen.set({ level: Math.min(Listen.last, Math.max(0, Listen.state.level + moves[event.key])) });
    else if (event.key === " " && Listen.state.clip) Listen.audio.toggle(Listen.state.clip);
    else return;
    event.preventDefault();
  });

  // On paper: the curves of all concepts, without players.
  addEventListener("beforeprint", () => {
    const place = document.getElementById("print");
    place.hidden = false;
    place.replaceChildren(
      h("h2", {}, "All curves"),
      ...D.concepts.flatMap((concept) =>
        Listen.mainSignals.map((signal) => {
          const probes = Listen.curve.series(concept, signal.id).filter((one) => one.kind !== "control");
          return h(
            "figure",
            {},
            h(
              "figcaption",
              {},
              `${concept.name}, ${signal.name}: ${Listen.answers(concept, [signal])
                .map((one) => one.text)
                .join("")}`,
            ),
            Listen.curve.draw(concept, signal.id, 330, 170, probes, null),
          );
        }),
      ),
    );
  });
  addEventListener("afterprint", () => {
    document.getElementById("print").hidden = true;
  });

  let width = innerWidth;
  addEventListener("resize", () => {
    if (innerWidth !== width) part?.resize?.();
    width = innerWidth;
  });

  document
    .getElementById("nav")
    .append(...NAV.map((name) => h("li", {}, h("a", { href: `#${name}` }, Listen.parts[name].title))));
  addEventListener("hashchange", () => {
    navigate();
    window.scrollTo(0, 0);
    main.focus({ preventScroll: true });
  });
  refresh();
  navigate();
})();
