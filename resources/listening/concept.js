// One concept: what it is, what was found, its curves, the clips to hear, the notes that taught it, and its controls.
"use strict";
Listen.parts.concept = (() => {
  const D = Listen.data;
  const { h, format } = Listen;
  const NAMES = {
    unconditional: "Without a prompt",
    "decoded noise": "The noise that all starts from, decoded",
    branches: "Branches: the same state, gone on with fresh noise",
    switched: "Prompt exchanged on the way",
  };

  function facts(concept) {
    const { definition, prompts, notes_counted: notes, held_out } = concept;
    const list = [
      [
        "A note has it if",
        `its ${definition.notes}${definition.notes_near ? `; too near to count against it: ${definition.notes_near}` : ""}`,
      ],
    ];
    if (notes.with)
      list.push([
        "Learnt from",
        `${notes.with} notes of ${notes.instruments_with} instruments with it, ${notes.without} notes of ${notes.instruments_without} without`,
      ]);
    const areas = Object.entries(held_out).filter(([, area]) => area !== null);
    if (areas.length)
      list.push([
        "On notes of other instruments",
        areas.map(([probe, area]) => `${probe} ${format.area(area)}`).join(", "),
      ]);
    const near = definition.near ? `; left out of the others: ${definition.near}` : "";
    list.push([
      "Prompts",
      `${prompts.asking ?? "?"} ask for ${definition.asked_for}, ${prompts.other ?? "?"} do not${near}`,
    ]);
    return h(
      "dl",
      { class: "facts" },
      list.map(([term, text]) => h("div", {}, h("dt", {}, term), h("dd", {}, text))),
    );
  }

  // One sentence a signal; probes that say the same are named together.
  function answers(concept) {
    const both = (words) => words.join(" and ");
    return h(
      "ul",
      { class: "answers" },
      Listen.answers(concept).map(({ signal, curves }) => {
        const groups = {};
        for (const curve of curves) (groups[curve.answer] ||= []).push(curve);
        const name = (curve) => Listen.probe(curve.probe).name;
        const parts = Object.entries(groups).map(([answer, mine]) => {
          const placed = mine.filter((curve) => Listen.when(curve));
          const where = placed.length
            ? ` around ${both(placed.map((curve) => `${Listen.when(curve)} (${name(curve)})`))}`
            : "";
          return `${answer}${where}${placed.length === mine.length ? "" : ` (${both(mine.map(name))})`}`;
        });
        const falling = curves.filter((curve) => curve.monotone === 0 && curve.answer !== "not emerged");
        if (falling.length) parts.push(`it falls on its way by more than its error (${both(falling.map(name))})`);
        const without = { partialled: "loudness and spectrum", conditional: "the other named aspects" };
        for (const [control, what] of Object.entries(without)) {
          const changed = curves.filter((curve) => (curve.under_controls[control] ?? curve.answer) !== curve.answer);
          if (changed.length)
            parts.push(
              `with ${what} taken out: ${both(changed.map((curve) => `${curve.under_controls[control]} (${name(curve)})`))}`,
            );
        }
        const { beats_random } = curves[0];
        if (beats_random === 0) parts.push("a linear probe of it does no better here than those of random concepts");
        return h(
          "li",
          {},
          h("strong", {}, signal.name[0].toUpperCase() + signal.name.slice(1)),
          `: ${parts.join("; ")}.`,
        );
      }),
    );
  }

  function warnings(concept) {
    return concept.warnings.length
      ? h(
          "div",
          { class: "warned-box", role: "note" },
          h("h2", {}, "Read with doubt"),
          h(
            "ul",
            {},
            concept.warnings.map((warning) => h("li", {}, warning.sentence)),
          ),
        )
      : null;
  }

  // Whether a probe says yes to the finished clip.
  const alarmed = (concept, name) =>
    Object.values(concept.scores[name] || {}).some(
      (scores) => ((scores.denoised || Object.values(scores)[0])[Listen.last] ?? 0) > 0,
    );

  // Best, median and worst of the clips that the page has of a side; ranks are among all clips of the run.
  function chosen(concept) {
    const of = (side) =>
      Object.keys(concept.ranks)
        .filter((name) => concept.ranks[name].side === side)
        .sort((one, other) => concept.ranks[one].rank - concept.ranks[other].rank);
    const [asked, other] = [of("asked"), of("other")];
    const middle = (names) =>
      names.reduce(
        (best, name) =>
          Math.abs(concept.ranks[name].rank - (concept.ranks[name].of + 1) / 2) <
          Math.abs(concept.ranks[best].rank - (concept.ranks[best].of + 1) / 2)
            ? name
            : best,
        names[0],
      );
    const picks = [
      [other[0], alarmed(concept, other[0]) ? "Worst false alarm:" : "Most like it:", "other"],
      [asked[0], "Surest:", "asked"],
      [middle(asked), "Middle:", "asked"],
      [asked[asked.length - 1], "Least sure:", "asked"],
      [middle(other), "Middle:", "other"],
    ];
    const seen = new Set();
    const first = picks.filter(([name]) => name && !seen.has(name) && seen.add(name));
    const rest = [...asked, ...other, ...of("near")].filter((name) => !seen.has(name));
    return {
      asked: first.filter((pick) => pick[2] === "asked"),
      other: first.filter((pick) => pick[2] === "other"),
      rest,
    };
  }

  function notes(concept, parts) {
    if (!concept.notes.length) return null;
    const sides = [...new Set(concept.notes.map((note) => note.side))];
    return h(
      "section",
      { "aria-labelledby": "notes" },
      h("h2", { id: "notes" }, "Notes that taught the probes"),
      h(
        "div",
        { class: "columns" },
        sides.map((side) =>
          h(
            "div",
            {},
            h("h3", {}, side[0].toUpperCase() + side.slice(1)),
            h(
              "ul",
              { class: "chips" },
              concept.notes
                .filter((note) => note.side === side)
                .map((note) => {
                  const button = D.clips[note.clip] ? Listen.rows.playButton(note.clip, `note ${note.name}`) : null;
                  if (button) parts.push(button);
                  return h("li", {}, button, h("span", {}, note.name));
                }),
            ),
          ),
        ),
      ),
    );
  }

  function controls(concept, parts) {
    const called = concept.controls.filter((curve) => curve.called.some((value) => value !== null));
    const corpora = [...new Set(Object.values(D.clips).map((clip) => clip.corpus))].filter(
      (corpus) => !["audio", "note"].includes(corpus),
    );
    const playable = corpora.map((corpus) =>
      h(
        "div",
        {},
        h("h3", {}, NAMES[corpus] || corpus.replaceAll("_", " ")),
        h(
          "ul",
          { class: "chips" },
          Object.keys(D.clips)
            .filter((name) => D.clips[name].corpus === corpus)
            .map((name, i) => {
              const button = Listen.rows.playButton(name, `${NAMES[corpus] || corpus}, ${i + 1}`);
              parts.push(button);
              const text =
                corpus === "unconditional" || corpus === "decoded noise"
                  ? `noise of prompt ${D.clips[name].prompt}`
                  : corpus === "switched"
                    ? `pair ${Math.floor(D.clips[name].prompt / 2) + 1}, begun with its ${D.clips[name].prompt % 2 ? "second" : "first"} prompt`
                    : `prompt ${D.clips[name].prompt}, ${D.clips[name].sample + 1}`;
              return h("li", {}, button, h("span", {}, text));
            }),
        ),
      ),
    );
    const deformed = D.signals
      .filter((signal) => signal.control)
      .map((signal) =>
        h(
          "p",
          {},
          h("strong", {}, `${signal.name[0].toUpperCase()}${signal.name.slice(1)}: `),
          `${signal.meaning}. Choose it as the signal in the player; its curve is among the controls above.`,
        ),
      );
    if (!playable.length && !deformed.length && !called.length) return null;
    const share = h("p", { class: "called" });
    const update = () => {
      const signal = Listen.signal(Listen.state.signal).control ? Listen.mainSignals[0].id : Listen.state.signal;
      const at = called
        .filter((curve) => curve.signal === signal)
        .map((curve) => [curve, curve.called[Listen.state.level]])
        .filter(([, value]) => value !== null);
      share.replaceChildren(
        ...(at.length
          ? [
              "At this level the probes hear it in: ",
              at
                .map(
                  ([curve, value]) =>
                    `${format.percent(value)} of ${curve.control === "decoded_noise" ? "decoded noise" : "clips without a prompt"} (${Listen.probe(curve.probe).name})`,
                )
                .join("; "),
              ".",
            ]
          : []),
      );
    };
    update();
    parts.push({ update });
    return h(
      "section",
      { "aria-labelledby": "controls" },
      h("h2", { id: "controls" }, "Controls to hear"),
      deformed,
      share,
      h("div", { class: "columns" }, playable),
    );
  }

  return {
    title: "Concept",
    render(main, [id, signal, level]) {
      const concept = Listen.concepts[id];
      if (!concept)
        return Listen.fill(
          main,
          h("h1", {}, "No such concept"),
          h("p", {}, h("a", { href: "#atlas" }, "Back to the atlas")),
        );
      if (signal && D.signals.some((known) => known.id === signal)) Listen.set({ signal });
      if (level && D.levels[level]) Listen.set({ level: Number(level) });
      const curve = Listen.curve.figure(concept);
      const parts = [];
      const { asked, other, rest } = chosen(concept);
      const row = ([name, role]) => {
        const made = Listen.rows.clipRow(concept, name, role);
        parts.push(made);
        return made;
      };
      const more = h("ul", { class: "rows" });
      const list = D.concepts.map((known) => known.id);
      const at = list.indexOf(id);
      const step = (to, text) =>
        list[to] ? h("a", { href: `#concept/${list[to]}` }, text(Listen.concepts[list[to]].name)) : h("span", {});
      Listen.fill(
        main,
        h("p", { class: "crumbs" }, h("a", { href: "#atlas" }, "Atlas"), ` / ${concept.definition.group}`),
        h("h1", {}, concept.name),
        answers(concept),
        !concept.second_opinion || concept.warnings.some((warning) => warning.sentence === concept.second_opinion)
          ? ""
          : h("p", { class: "second-opinion" }, concept.second_opinion),
        warnings(concept),
        facts(concept),
        h("h2", { id: "curve" }, Listen.curved ? "Where on the way it can be told" : "How well it can be told"),
        curve,
        h("h2", { id: "hear" }, Listen.data.audible ? "Hear it" : "Clips and decisions"),
        h(
          "p",
          {},
          h("strong", {}, "●"),
          " the probe says yes, ",
          h("strong", {}, "○"),
          " it says no; the number is how far it is from its boundary. ",
          Listen.curved
            ? "The level is the one of the slider below; the little curves run from noise to music. "
            : "",
          "Marked words made a prompt count.",
        ),
        h("h3", {}, `Prompts that ask for ${concept.definition.asked_for}`),
        h("ul", { class: "rows" }, asked.map(row)),
        asked.length ? null : h("p", { class: "small" }, "None among the clips of this page."),
        h("h3", {}, "Prompts that do not"),
        h("ul", { class: "rows" }, other.map(row)),
        rest.length
          ? h(
              "details",
              {
                class: "rest",
                ontoggle: (event) => {
                  if (event.target.open && !more.children.length) more.append(...rest.map((name) => row([name])));
                },
              },
              h("summary", {}, `${rest.length} more clips`),
              more,
            )
          : null,
        notes(concept, parts) || "",
        controls(concept, parts) || "",
        h(
          "nav",
          { class: "turn", "aria-label": "Other concepts" },
          step(at - 1, (name) => `← ${name}`),
          step(at + 1, (name) => `${name} →`),
        ),
      );
      curve.render();
      this.update = (changed) => {
        curve.update(changed);
        parts.forEach((part) => (changed.includes("signal") && part.resign ? part.resign() : part.update(changed)));
      };
      this.resize = curve.render;
    },
  };
})();
