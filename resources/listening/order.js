// In which order concepts come, how sure that is, and up to where the prompt still decides.
"use strict";
Listen.parts.order = (() => {
  const D = Listen.data;
  const { h, svg, format } = Listen;

  // What is present in the end has a place; what was there from the start stands before all.
  const placed = (curve) =>
    curve?.half_excess && (curve.answer === "emerged" || curve.answer === "present, start unresolved");

  function plot(signal, probe) {
    const found = D.concepts
      .map((concept) => ({
        concept,
        curve: concept.curves.find((curve) => curve.signal === signal && curve.probe === probe),
        turn: D.switches.find((one) => one.concept === concept.id && one.probe === probe),
      }))
      .filter(({ curve, turn }) => placed(curve) || turn);
    const from_start = D.concepts.filter((concept) =>
      concept.curves.some(
        (curve) => curve.signal === signal && curve.probe === probe && curve.answer === "there from the start",
      ),
    );
    found.sort((one, other) => (other.curve?.half_excess?.[0] ?? 0) - (one.curve?.half_excess?.[0] ?? 0));
    if (!found.length)
      return {
        picture: h("p", { class: "notice" }, "No concept has a place here: none comes up within these levels."),
        from_start,
      };
    const width = Math.max(300, Math.min(900, document.getElementById("main").clientWidth - 20));
    const left = Math.min(150, width * 0.34),
      right = 14,
      line = 26,
      top = 6,
      bottom = 40;
    const decibels = D.levels.map((level) => level.db);
    const [low, high] = [Math.min(...decibels), Math.max(...decibels)];
    const x = (sigma) =>
      left + Math.min(1, Math.max(0, (-20 * Math.log10(sigma) - low) / (high - low || 1))) * (width - left - right);
    const height = top + bottom + line * found.length;
    const parts = [];
    let free = -Infinity;
    for (const level of D.levels) {
      parts.push(svg("line", { class: "grid", x1: x(level.sigma), x2: x(level.sigma), y1: top, y2: height - bottom }));
      if (x(level.sigma) - free > 44) {
        free = x(level.sigma);
        parts.push(
          svg(
            "text",
            { class: "tick", x: free, y: height - bottom + 16, "text-anchor": "middle" },
            `σ ${format.sigma(level.sigma)}`,
          ),
        );
      }
    }
    const mark = (sigma, y, kind) =>
      [
        sigma[1] !== null && sigma[2] !== null
          ? svg("line", { class: `whisker ${kind}`, x1: x(sigma[2]), x2: x(sigma[1]), y1: y, y2: y })
          : null,
        kind !== "turn"
          ? svg("path", { class: `diamond ${kind}`, d: `M${x(sigma[0])} ${y - 5}l5 5l-5 5l-5 -5z` })
          : svg("rect", { class: "diamond turn", x: x(sigma[0]) - 4, y: y - 4, width: 8, height: 8 }),
      ].filter(Boolean);
    found.forEach(({ concept, curve, turn }, i) => {
      const y = top + line * (i + 0.5);
      parts.push(svg("text", { class: "label", x: left - 8, y: y + 4, "text-anchor": "end" }, concept.name));
      if (placed(curve))
        parts.push(
          ...mark(curve.half_excess, turn ? y - 5 : y, curve.answer === "emerged" ? "rise" : "rise unresolved"),
        );
      if (turn) parts.push(...mark(turn.sigma, y + 5, "turn"));
    });
    parts.push(
      svg("text", { class: "axis", x: left, y: height - 4 }, "← noise"),
      svg("text", { class: "axis", x: width - right, y: height - 4, "text-anchor": "end" }, "music →"),
    );
    const turned = D.switches.length > 0;
    const table = h(
      "details",
      { class: "as-table" },
      h("summary", {}, "The same as a table"),
      h(
        "div",
        { class: "scroll", tabindex: 0, role: "region", "aria-label": "Order as a table" },
        h(
          "table",
          {},
          h(
            "thead",
            {},
            h(
              "tr",
              {},
              h("th", { scope: "col" }, "Concept"),
              h("th", { scope: "col" }, "σ, can be told"),
              turned ? h("th", { scope: "col" }, "σ switch, is settled") : null,
            ),
          ),
          h(
            "tbody",
            {},
            found.map(({ concept, curve, turn }) =>
              h(
                "tr",
                { "data-concept": concept.id },
                h("th", { scope: "row" }, h("a", { href: `#concept/${concept.id}` }, concept.name)),
                h(
                  "td",
                  {},
                  placed(curve)
                    ? format.interval(curve.half_excess) + (curve.answer === "emerged" ? "" : ", start unresolved")
                    : "–",
                ),
                turned ? h("td", {}, turn ? format.interval(turn.sigma) : "–") : null,
              ),
            ),
          ),
        ),
      ),
    );
    return {
      picture: h(
        "div",
        {},
        svg(
          "svg",
          {
            class: "curve",
            viewBox: `0 0 ${width} ${height}`,
            role: "img",
            "aria-label": "Concepts by the noise level at which half of what they have above chance has come, earliest first",
          },
          parts,
        ),
        table,
      ),
      from_start,
    };
  }

  function sentence(entry, first, second) {
    const [one, other] = [entry.concepts.indexOf(first), entry.concepts.indexOf(second)];
    const share = entry.before[one]?.[other];
    if (one < 0 || other < 0 || share === null || share === undefined) return "Choose two different concepts.";
    const [a, b] = [Listen.concepts[first]?.name ?? first, Listen.concepts[second]?.name ?? second];
    const sure =
      share >= 0.95
        ? "surely"
        : share >= 0.8
          ? "probably"
          : share > 0.2
            ? "cannot be told from"
            : share > 0.05
              ? "probably not"
              : "surely not";
    const text =
      sure === "cannot be told from"
        ? `Whether ${a} comes before ${b} cannot be said`
        : `${a[0].toUpperCase()}${a.slice(1)} comes ${sure} before ${b}`;
    return `${text}: P(before) = ${format.area(share)}, over the draws of prompts.`;
  }

  return {
    title: "Order",
    render(main) {
      let [signal, probe] = [
        Listen.mainSignals.find((one) => one.id === "noisy")?.id || Listen.mainSignals[0].id,
        D.probes[0].id,
      ];
      const place = h("div");
      const said = h("p", { class: "said" });
      const pair = h("div", { class: "controls" });
      function fill() {
        const { picture, from_start } = plot(signal, probe);
        place.replaceChildren();
        Listen.fill(
          place,
          picture,
          from_start.length
            ? h(
                "p",
                {},
                h("strong", {}, "There from the start, so before all of these: "),
                from_start.map((concept, i) => [
                  i ? ", " : "",
                  h("a", { href: `#concept/${concept.id}` }, concept.name),
                ]),
                ".",
              )
            : "",
        );
        const entry = D.orders.find((one) => one.signal === signal && one.probe === probe);
        pair.replaceChildren();
        said.textContent = "";
        if (!entry || entry.concepts.length < 2) return;
        const select = (label, at) =>
          h(
            "label",
            { class: "choice" },
            h("span", {}, label),
            h(
              "select",
              { onchange: () => Listen.say(tell()) },
              entry.concepts.map((id, i) =>
                h("option", { value: id, selected: i === at }, Listen.concepts[id]?.name ?? id),
              ),
            ),
          );
        const [first, second] = [select("Does", 0), select("come before", entry.concepts.length - 1)];
        function tell() {
          said.textContent = sentence(entry, first.querySelector("select").value, second.querySelector("select").value);
          return said.textContent;
        }
        Listen.fill(pair, first, second);
        tell();
      }
      const choose = (label, options, value, onchange) =>
        options.length > 1
          ? h(
              "label",
              { class: "choice" },
              h("span", {}, label),
              h(
                "select",
                {
                  onchange: (event) => {
                    onchange(event.target.value);
                    fill();
                  },
                },
                options.map((one) => h("option", { value: one.id, selected: one.id === value }, one.name)),
              ),
            )
          : "";
      Listen.fill(
        main,
        h("h1", {}, "Which comes first?"),
        h(
          "p",
          { class: "lead" },
          D.switches.length
            ? "Diamonds: the noise level at which half of what a concept has above chance in the end has come, so that it can be told. Squares: the noise level up to which another prompt still gets its way, so that it is settled."
            : "Diamonds: the noise level at which half of what a concept has above chance in the end has come, with its 95 % interval; the earliest stands on top. Hollow: present in the end, but whether it was there from the start is not resolved.",
        ),
        h(
          "div",
          { class: "controls" },
          choose("Signal", Listen.mainSignals, signal, (value) => (signal = value)),
          choose("Probe", D.probes, probe, (value) => (probe = value)),
        ),
        place,
        h("h2", {}, "One against the other"),
        pair,
        said,
      );
      fill();
      this.update = () => {};
      this.resize = fill;
    },
  };
})();
