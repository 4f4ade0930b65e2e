// One prompt: its spectrograms in all signals, and what the probes decide about every concept, level by level.
"use strict";
Listen.parts.prompt = (() => {
  const D = Listen.data;
  const { h, format } = Listen;

  const names = () => Object.keys(D.concepts[0]?.scores || {});

  function list(main) {
    Listen.fill(
      main,
      h("h1", {}, "Prompts"),
      h(
        "p",
        { class: "lead" },
        "What the model was asked for. A prompt's own page shows what the probes hear in its clip.",
      ),
      h(
        "ul",
        { class: "prompts" },
        names().map((name) => {
          const prompt = Listen.prompt(name.split("_")[0]);
          return h(
            "li",
            {},
            h("a", { href: `#prompt/${name}` }, Listen.marked(prompt)),
            h(
              "span",
              { class: "small" },
              prompt.aspects.join(", ").replaceAll("_", " ") || "asks for nothing that is known",
            ),
          );
        }),
      ),
    );
  }

  // Decisions of the chosen probe about all concepts, a row each; ranks within the concept have no meaning across concepts.
  function decisions(name) {
    const { signal, probe } = Listen.state;
    const scale = (concept) =>
      Math.max(
        0.5,
        ...Object.values(concept.scores).flatMap((scores) =>
          (scores[probe]?.[signal] || []).map((value) => Math.abs(value ?? 0)),
        ),
      );
    const sides = { asked: "asks for it", near: "near", other: "" };
    return h(
      "table",
      { class: "atlas small-heat" },
      h(
        "caption",
        {},
        `${Listen.probe(probe).name}, ${Listen.signal(signal).name}: ● yes, ○ no, with the distance from the boundary. Columns: noise level σ.`,
      ),
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          h("th", { scope: "col" }, "Concept"),
          h("th", { scope: "col" }, "The prompt"),
          D.levels.map((level) => h("th", { scope: "col" }, format.sigma(level.sigma))),
        ),
      ),
      h(
        "tbody",
        {},
        D.concepts
          .filter((concept) => concept.scores[name]?.[probe])
          .map((concept) => {
            const most = scale(concept);
            const values = concept.scores[name][probe][signal] || [];
            return h(
              "tr",
              { "data-concept": concept.id },
              h("th", { scope: "row" }, h("a", { class: "name", href: `#concept/${concept.id}` }, concept.name)),
              h("td", { class: `asks ${concept.ranks[name].side}` }, sides[concept.ranks[name].side]),
              D.levels.map((_, i) => {
                const value = values[i] ?? null;
                return h(
                  "td",
                  { class: "heat", style: Listen.heat(value === null ? null : 0.5 + value / most / 2) },
                  value === null ? "–" : `${Listen.rows.side(value)} ${format.number(value)}`,
                );
              }),
            );
          }),
      ),
    );
  }

  return {
    title: "Prompts",
    render(main, [name]) {
      if (!name || !names().includes(name)) return list(main);
      const prompt = Listen.prompt(name.split("_")[0]);
      const clip = D.clips[name];
      const parts = clip?.signals ? [Listen.rows.playButton(name, prompt.text)] : [];
      const strips = (clip?.signals || []).map((signal) => {
        const strip = Listen.rows.strip(name, signal, prompt.text);
        parts.push(strip);
        return h("div", { class: "hero-line" }, h("span", { class: "hero-name" }, Listen.signal(signal).name), strip);
      });
      const place = h("div", {
        class: "scroll",
        tabindex: 0,
        role: "region",
        "aria-label": "Decisions about all concepts",
      });
      const fill = () => place.replaceChildren(decisions(name));
      fill();
      const others = names().filter((other) => other.split("_")[0] === name.split("_")[0] && other !== name);
      const original = clip?.tar ? h("p", { class: "small original" }) : null;
      const tell = () => {
        if (!original) return;
        const [signal, at] = Listen.audio.key(name).split("/");
        const tar = clip.tar[signal]?.[clip.steps[at]];
        original.textContent = tar
          ? `Original, without loss: ${clip.member} in ${tar}.`
          : "This control is mixed here and lies in no file.";
      };
      tell();
      Listen.fill(
        main,
        h("p", { class: "crumbs" }, h("a", { href: "#prompt" }, "Prompts"), ` / ${name.split("_")[0]}`),
        h("h1", { class: "quoted" }, "“", Listen.marked(prompt), "”"),
        h(
          "p",
          { class: "lead" },
          prompt.aspects.length
            ? `Asks for ${prompt.aspects.join(", ").replaceAll("_", " ")}.`
            : "Asks for nothing that the vocabulary knows.",
        ),
        clip?.signals
          ? h(
              "figure",
              { class: "hero" },
              strips,
              h("figcaption", {}, parts[0], h("span", {}, "From noise to music; click a moment to hear it.")),
            )
          : "",
        original || "",
        others.length
          ? h(
              "p",
              {},
              "Other clips of this prompt: ",
              others.map((other, i) => [
                i ? ", " : "",
                h("a", { href: `#prompt/${other}` }, `clip ${Number(other.split("_")[1]) + 1}`),
              ]),
            )
          : "",
        h("h2", {}, "What the probes hear in it"),
        D.probes.length > 1
          ? h(
              "label",
              { class: "choice" },
              h("span", {}, "Probe"),
              h(
                "select",
                {
                  onchange: (event) => {
                    Listen.set({ probe: event.target.value });
                    fill();
                  },
                },
                D.probes.map((probe) =>
                  h("option", { value: probe.id, selected: probe.id === Listen.state.probe }, probe.name),
                ),
              ),
            )
          : "",
        place,
      );
      this.update = (changed) => {
        parts.forEach((part) => part.update());
        if (changed.includes("signal")) fill();
        tell();
      };
    },
  };
})();
