// The atlas: all concepts by all levels, as a table that is sorted, searched and walked through.
"use strict";
Listen.parts.atlas = (() => {
  const D = Listen.data;
  const { h, format } = Listen;
  const SORTS = { order: "earliest first", name: "name", group: "group", last: "last number" };

  const judge = Listen.mainSignals.find((signal) => signal.id === "noisy") || Listen.mainSignals[0];

  // How early a concept comes, as a number that falls along the trajectory: from the start first, not at all last.
  function earliness(concept) {
    const last = Math.log(Math.max(1e-9, D.levels[Listen.last].sigma));
    const late = { "present, start unresolved": last - 0.5, "not emerged": last - 1 };
    const curves = concept.curves.filter((curve) => curve.signal === judge.id);
    const mean = Listen.mean(
      curves.map((curve) =>
        curve.half_excess && !(curve.answer in late) ? Math.log(curve.half_excess[0]) : (late[curve.answer] ?? last - 1),
      ),
    );
    const from_start = Listen.mean(curves.map((curve) => (curve.answer === "there from the start" ? 1 : 0)));
    return (mean ?? last - 1) + 1e-6 * (from_start ?? 0);
  }

  function area(concept, signal, level) {
    return Listen.mean(
      Listen.curvesOf(concept, Listen.state.shownProbe)
        .filter((curve) => curve.signal === signal)
        .map((curve) => curve.auc[level]),
    );
  }

  function beats(concept, signal, level) {
    const mine = Listen.curvesOf(concept, Listen.state.shownProbe).filter(
      (curve) => curve.signal === signal && curve.auc[level] !== null,
    );
    return (
      mine.length > 0 &&
      mine.every(
        (curve) =>
          curve.p_level[level] !== null && curve.p_level[level] <= 0.05 && (curve.q === null || curve.q <= 0.05),
      )
    );
  }

  const keys = {
    order: (concept) => -earliness(concept),
    name: (concept) => concept.name,
    group: (concept) => `${concept.definition.group} ${concept.name}`,
    last: (concept) => -(area(concept, Listen.mainSignals[Listen.mainSignals.length - 1].id, Listen.last) ?? -1),
  };

  const words = (concept) =>
    [
      concept.name,
      concept.definition.group,
      concept.definition.notes,
      concept.definition.asks.join(" "),
      concept.warnings.map((warning) => warning.short).join(" "),
      Listen.answers(concept)
        .map((one) => one.text)
        .join(" "),
    ]
      .join(" ")
      .toLowerCase();

  function listed() {
    const key = keys[Listen.state.sorted];
    return D.concepts
      .filter((concept) => words(concept).includes(Listen.state.sought.toLowerCase()))
      .sort((one, other) => (key(one) < key(other) ? -1 : key(one) > key(other) ? 1 : one.name < other.name ? -1 : 1));
  }

  function cell(concept, signal, level, first) {
    const value = area(concept, signal.id, level);
    if (value === null) return h("td", { class: "heat none", role: "cell" }, "–");
    const strong = beats(concept, signal.id, level);
    const label = `${concept.name}, ${signal.name}, ${format.level(level)}: ${format.area(value)}${strong ? ", above chance" : ""}`;
    return h(
      "td",
      { class: "heat", role: "cell", style: Listen.heat(value) },
      h(
        "a",
        {
          href: `#concept/${concept.id}/${signal.id}/${level}`,
          tabindex: first ? 0 : -1,
          "aria-label": label,
          class: strong ? "strong" : "",
        },
        format.area(value),
      ),
    );
  }

  function row(concept, signals) {
    let first = true;
    const cells = signals.flatMap((signal) =>
      D.levels.map((_, level) => {
        const made = cell(concept, signal, level, first);
        first = false;
        if (level === 0) made.classList.add("begins");
        return made;
      }),
    );
    const warned = concept.warnings.length > 0;
    const short = [...new Set(concept.warnings.map((warning) => warning.short))].join(", ");
    return h(
      "tr",
      { class: warned ? "warned" : "", role: "row", "data-concept": concept.id },
      h(
        "th",
        { scope: "row", role: "rowheader" },
        h("a", { class: "name", href: `#concept/${concept.id}` }, concept.name),
        h("span", { class: "defined" }, concept.definition.notes),
        warned
          ? h(
              "span",
              { class: "warning-words", title: concept.warnings.map((warning) => warning.sentence).join(" ") },
              `⚠ ${short}`,
            )
          : null,
      ),
      cells,
      h(
        "td",
        { class: "answer", role: "cell" },
        Listen.answers(concept, signals).map((one) =>
          h("span", {}, signals.length > 1 ? h("em", {}, `${one.signal.name}: `) : null, one.text),
        ),
      ),
    );
  }

  // Arrow keys walk through the numbers, for a table of hundreds of links is no place for the tab key.
  function walk(event) {
    const link = event.target.closest("td.heat a");
    if (!link || !["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Home", "End"].includes(event.key)) return;
    const mine = [...link.closest("tr").querySelectorAll("td.heat a")];
    const at = mine.indexOf(link);
    const rows = [...link.closest("tbody").children];
    const place = rows.indexOf(link.closest("tr"));
    const in_row = (number) => [...rows[number].querySelectorAll("td.heat a")];
    const next = {
      ArrowLeft: mine[at - 1],
      ArrowRight: mine[at + 1],
      Home: mine[0],
      End: mine[mine.length - 1],
      ArrowUp: rows[place - 1] && in_row(place - 1)[at],
      ArrowDown: rows[place + 1] && in_row(place + 1)[at],
    }[event.key];
    event.preventDefault();
    if (!next) return;
    for (const other of mine) other.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  }

  function table() {
    const { shown } = Listen.state;
    const signals = shown === "all" ? Listen.mainSignals : Listen.mainSignals.filter((signal) => signal.id === shown);
    const concepts = listed();
    const sortable = (key, text) =>
      h(
        "th",
        {
          scope: "col",
          rowspan: 2,
          role: "columnheader",
          class: key === "order" ? "answer" : "",
          "aria-sort": Listen.state.sorted === key ? "ascending" : false,
        },
        h(
          "button",
          { type: "button", class: "sort", onclick: () => sort(key) },
          text,
          h("span", { "aria-hidden": "true" }, Listen.state.sorted === key ? " ↓" : ""),
        ),
      );
    const head = h(
      "thead",
      { role: "rowgroup" },
      h(
        "tr",
        { role: "row" },
        sortable("name", "Concept"),
        signals.map((signal) =>
          h(
            "th",
            { scope: "colgroup", colspan: D.levels.length, role: "columnheader", class: "signal" },
            h("span", {}, signal.name),
            h("small", {}, signal.meaning),
          ),
        ),
        sortable("order", "Answer"),
      ),
      h(
        "tr",
        { class: "levels", role: "row" },
        signals.map((signal) =>
          D.levels.map((level, i) =>
            h(
              "th",
              { scope: "col", role: "columnheader", class: i === 0 ? "begins" : "", title: format.level(i) },
              h("span", { class: "unseen" }, `${signal.name}, `),
              Listen.curved ? format.sigma(level.sigma) : "clips",
            ),
          ),
        ),
      ),
    );
    const body = h(
      "tbody",
      { role: "rowgroup", onkeydown: walk },
      concepts.map((concept) => row(concept, signals)),
    );
    const made = h(
      "table",
      { class: D.levels.length * signals.length > 16 ? "atlas many" : "atlas", role: "table", style: `--levels:${D.levels.length * signals.length}` },
      h(
        "caption",
        {},
        Listen.curved
          ? "Columns: noise level σ, from nearly pure noise at the left to the finished clip at the right."
          : "The finished clips, and what the probes say of them.",
      ),
      head,
      body,
    );
    return { made, count: concepts.length };
  }

  let place = null;
  let counted = null;
  function refresh() {
    const { made, count } = table();
    place.replaceChildren(made);
    counted.textContent = `${count} of ${D.concepts.length} concepts`;
  }
  function sort(key) {
    Listen.set({ sorted: key });
    document.getElementById("sort").value = key;
    refresh();
    Listen.say(`Sorted: ${SORTS[key]}`);
    [...place.querySelectorAll(".sort")].find((button) => button.closest("[aria-sort]"))?.focus();
  }

  const choice = (id, label, options, value, onchange) =>
    h(
      "label",
      { class: "choice" },
      h("span", {}, label),
      h(
        "select",
        { id, onchange: (event) => onchange(event.target.value) },
        Object.entries(options).map(([key, text]) => h("option", { value: key, selected: key === value }, text)),
      ),
    );

  function legend() {
    const scale = [0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1].map((value) =>
      h("span", { class: "heat", style: Listen.heat(value) }, format.area(value)),
    );
    return h(
      "section",
      { class: "reading", "aria-labelledby": "reading" },
      h("h2", { id: "reading" }, "How to read it"),
      h(
        "div",
        { class: "scale", role: "img", "aria-label": "Scale of the numbers: below .50 blue, .50 white, 1.00 plum" },
        scale,
      ),
      h(
        "ul",
        {},
        h(
          "li",
          {},
          h("strong", {}, "The number"),
          " is the chance that, of one clip whose prompt asks for the concept and one whose prompt does not, the probe picks the right one.",
        ),
        h(
          "li",
          {},
          h("strong", {}, "Bold, underlined:"),
          " above what exchanged labels give, at that level, for every probe that is shown.",
        ),
        h(
          "li",
          {},
          h("span", { class: "hatched" }, "Hatched"),
          " with ⚠ and words: read with doubt; the concept's own page says why.",
        ),
        h(
          "li",
          {},
          h("strong", {}, "σ"),
          " is how strong the noise is against the music: at 1 they are equally strong. ",
          "Beside an answer it is where half of what a curve has above .50 in the end has come.",
        ),
      ),
    );
  }

  function hero() {
    const name = Object.keys(D.clips).find((clip) => D.clips[clip].corpus === "audio");
    if (!name) return null;
    const clip = D.clips[name];
    const parts = [Listen.rows.playButton(name, Listen.prompt(clip.prompt).text)];
    const strips = clip.signals.map((signal) => {
      const strip = Listen.rows.strip(name, signal, "One clip on its way");
      parts.push(strip);
      return h("div", { class: "hero-line" }, h("span", { class: "hero-name" }, Listen.signal(signal).name), strip);
    });
    return {
      element: h(
        "figure",
        { class: "hero" },
        strips,
        h(
          "figcaption",
          {},
          parts[0],
          h(
            "span",
            {},
            Listen.curved ? "One clip on its way from noise to music: “" : "One of the clips: “",
            Listen.marked(Listen.prompt(clip.prompt)),
            Listen.curved ? "”. Click a moment to hear it." : "”. Click it to hear it.",
          ),
        ),
      ),
      parts,
    };
  }

  return {
    title: "Atlas",
    render(main) {
      place = h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Atlas of concepts" });
      counted = h("p", { class: "small counted" });
      const opening = hero();
      const sum = D.card.counts || {};
      Listen.fill(
        main,
        Listen.curved
          ? h("h1", {}, "When does noise turn into ", h("em", {}, "music"), "?")
          : h("h1", {}, "What is ", h("em", {}, "heard"), " of what was asked for?"),
        h(
          "p",
          { class: "lead" },
          Listen.curved
            ? "A model makes music out of noise, step by step; each row below is a musical concept, each column a moment on the way, and each number"
            : "Each row below is a musical concept, and its number",
          " says how well a probe that learnt the concept from single notes tells the clips whose prompt asks for it from the others: .50 is guessing, 1.00 is never wrong.",
        ),
        opening
          ? opening.element
          : h(
              "p",
              { class: "notice" },
              "This run was given embeddings and no audio, so there is nothing to hear; all numbers are here.",
            ),
        legend(),
        h("h2", { id: "concepts" }, `${D.concepts.length} concepts`),
        h(
          "form",
          { class: "controls", onsubmit: (event) => event.preventDefault() },
          h(
            "label",
            { class: "choice" },
            h("span", {}, "Find"),
            h("input", {
              type: "search",
              id: "search",
              value: Listen.state.sought,
              placeholder: "flute, bright, emerged …",
              oninput: (event) => {
                Listen.set({ sought: event.target.value });
                refresh();
                Listen.say(counted.textContent);
              },
            }),
          ),
          choice("sort", "Sort by", SORTS, Listen.state.sorted, sort),
          Listen.mainSignals.length > 1
            ? choice(
                "shown",
                "Signal",
                {
                  all: "side by side",
                  ...Object.fromEntries(Listen.mainSignals.map((signal) => [signal.id, signal.name])),
                },
                Listen.state.shown,
                (value) => {
                  Listen.set({ shown: value });
                  refresh();
                },
              )
            : null,
          D.probes.length > 1
            ? choice(
                "shownProbe",
                "Probe",
                { "": D.second_opinion ? "mean of the run's own" : "mean of all", ...Object.fromEntries(D.probes.map((probe) => [probe.id, probe.name])) },
                Listen.state.shownProbe || "",
                (value) => {
                  Listen.set({ shownProbe: value });
                  refresh();
                },
              )
            : null,
          counted,
        ),
        D.second_opinion ? h("p", { class: "second-opinion" }, `Second opinion: ${D.second_opinion}`) : "",
        place,
        h(
          "p",
          { class: "small" },
          `From ${sum.prompts ?? "?"} prompts. In the table: arrow keys move from number to number, Enter opens the concept at that moment.`,
        ),
      );
      if (matchMedia("(max-width: 46rem)").matches && Listen.state.shown === "all") {
        Listen.set({ shown: judge.id });
        const select = document.getElementById("shown");
        if (select) select.value = judge.id;
      }
      refresh();
      this.update = () => opening?.parts.forEach((part) => part.update());
    },
  };
})();
