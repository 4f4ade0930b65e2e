// A concept's curves over the noise level: probes, and at will their nulls, controls and listeners. A table says the same.
"use strict";
Listen.curve = (() => {
  const D = Listen.data;
  const { h, svg, format } = Listen;
  const DASHES = ["", "7 4", "2 4", "9 3 2 3", "5 2"];
  const CONTROLS = {
    partialled: "loudness and spectrum taken out",
    conditional: "the other named aspects taken out",
    near: "near prompts among the others",
    content: "labels of what the clip holds",
    zero_shot: "text probe, no training",
    handcrafted: "probe of timbre features",
    in_domain: "trained on finished clips: a ceiling",
    unconditional: "against clips without a prompt",
    decoded_noise: "against decoded noise",
    mismatched: "prompts exchanged: expected at .5",
  };
  const judge = D.probes.find((probe) => probe.outside);
  const shown = new Set(["permuted", `outside ${judge?.id}`]); // what is switched on, kept from concept to concept

  // All that can be drawn for one signal: probes first, then nulls, controls and listeners.
  function series(concept, signal) {
    const found = [];
    concept.curves
      .filter((curve) => curve.signal === signal)
      .forEach((curve, number) => {
        found.push({
          ...curve,
          id: `probe ${curve.probe}`,
          kind: "probe",
          name: Listen.probe(curve.probe).name,
          number,
        });
      });
    const first = found[0];
    concept.outside
      .filter((curve) => curve.signal === signal)
      .forEach((curve, number) => {
        found.push({
          ...curve,
          id: `outside ${curve.probe}`,
          kind: "outside",
          name: Listen.probe(curve.probe).name,
          number,
        });
      });
    if (first && first.random_low.some((value) => value !== null)) {
      found.push({
        id: "random",
        kind: "band",
        name: "random concepts, 95 %",
        low: first.random_low,
        high: first.random_high,
      });
    }
    const critical = D.levels.map((_, i) =>
      Math.max(...found.filter((one) => one.kind === "probe").map((one) => one.critical[i] ?? -1)),
    );
    if (first && critical.some((value) => value >= 0)) {
      found.push({
        id: "permuted",
        kind: "null",
        name: "permuted labels, 5 %",
        auc: critical.map((value) => (value < 0 ? null : value)),
      });
    }
    for (const control of D.signals.filter((other) => other.control)) {
      concept.curves
        .filter((curve) => curve.signal === control.id)
        .forEach((curve, number) => {
          found.push({
            ...curve,
            id: `${control.id} ${curve.probe}`,
            kind: "control",
            name: `${control.name}, ${Listen.probe(curve.probe).name}`,
            number,
          });
        });
    }
    concept.controls
      .filter((curve) => curve.signal === signal && curve.auc.some((value) => value !== null))
      .forEach((curve, number) => {
        const probe = D.probes.some((known) => known.id === curve.probe) ? `, ${Listen.probe(curve.probe).name}` : "";
        const name = (CONTROLS[curve.control] || curve.control.replaceAll("_", " ")) + probe;
        found.push({ ...curve, id: `${curve.control} ${curve.probe}`, kind: "control", name, number });
      });
    const heard = concept.listeners.filter((row) => row.signal === signal);
    if (heard.length) {
      const at = (name) => D.levels.map((level) => heard.find((row) => row.step === level.step)?.[name] ?? null);
      const people = `${heard[0].listeners} listener${heard[0].listeners > 1 ? "s" : ""}`;
      found.push({
        id: "listeners",
        kind: "listener",
        name: people,
        auc: at("roc_auc"),
        low: at("roc_auc_low"),
        high: at("roc_auc_high"),
        half_excess: heard[0].threshold_sigma && [
          heard[0].threshold_sigma,
          heard[0].threshold_sigma_low,
          heard[0].threshold_sigma_high,
        ],
      });
    }
    return found;
  }

  const isShown = (one) =>
    one.kind === "probe" || one.kind === "listener" ? !shown.has(`not ${one.id}`) : shown.has(one.id);
  const flip = (one) => {
    const key = one.kind === "probe" || one.kind === "listener" ? `not ${one.id}` : one.id;
    shown.has(key) ? shown.delete(key) : shown.add(key);
  };
  const style = (one) => `series ${one.kind} n${one.number ?? 0}`;

  function draw(concept, signal, width, height, all, banded) {
    const left = 34,
      right = 12,
      top = 10,
      bottom = 40;
    const decibels = D.levels.map((level) => level.db);
    const [low, high] = [Math.min(...decibels), Math.max(...decibels)];
    const x = (db) =>
      high === low ? (left + width - right) / 2 : left + ((db - low) / (high - low)) * (width - left - right);
    const values = all.flatMap((one) => [...(one.auc || []), ...(one.low || [])]).filter((value) => value !== null);
    const floor = Math.max(0, Math.min(0.4, Math.floor(Math.min(...values, 0.5) * 10) / 10));
    const y = (area) => top + ((1 - area) / (1 - floor)) * (height - top - bottom);
    const path = (areas) =>
      areas
        .map((area, i) => (area === null ? null : `${x(decibels[i]).toFixed(1)},${y(area).toFixed(1)}`))
        .filter(Boolean)
        .join(" ");
    const band = (one) =>
      svg("polygon", {
        class: `band ${style(one)}`,
        points: `${path(one.high)} ${path(one.low).split(" ").reverse().join(" ")}`,
      });
    const parts = [];
    for (let area = Math.ceil(floor * 10) / 10; area <= 1.001; area += 0.1) {
      const line = Math.abs(area - 0.5) < 0.01 ? "chance" : "grid";
      parts.push(svg("line", { class: line, x1: left, x2: width - right, y1: y(area), y2: y(area) }));
      if (Math.round(area * 10) % 2 === 0 || line === "chance")
        parts.push(
          svg("text", { class: "tick", x: left - 6, y: y(area) + 4, "text-anchor": "end" }, format.area(area)),
        );
    }
    let free = -Infinity; // labels of levels that would touch are left out
    D.levels.forEach((level, i) => {
      parts.push(
        svg("line", { class: "grid", x1: x(level.db), x2: x(level.db), y1: height - bottom, y2: height - bottom + 4 }),
      );
      if (x(level.db) - free < 42 && i !== Listen.last) return;
      if (i !== Listen.last && x(decibels[Listen.last]) - x(level.db) < 42) return;
      free = x(level.db);
      const anchor = i === 0 && Listen.last ? "start" : i === Listen.last && Listen.last ? "end" : "middle";
      parts.push(
        svg(
          "text",
          { class: "tick", x: x(level.db), y: height - bottom + 17, "text-anchor": anchor },
          `σ ${format.sigma(level.sigma)}`,
        ),
      );
    });
    parts.push(
      svg("text", { class: "axis", x: left, y: height - 4 }, "← noise"),
      svg("text", { class: "axis", x: width - right, y: height - 4, "text-anchor": "end" }, "music →"),
    );
    for (const one of all) if (one.kind === "band") parts.push(band(one));
    for (const one of all) if (one.id === banded && one.low) parts.push(band(one));
    all
      .filter((one) => one.auc)
      .forEach((one) => {
        const dash =
          one.kind === "probe"
            ? DASHES[one.number % DASHES.length]
            : one.kind === "null"
              ? "9 3 2 3"
              : one.kind === "control"
                ? "2 3"
                : one.kind === "outside"
                  ? "5 3"
                  : "";
        parts.push(
          svg("polyline", { class: style(one), points: path(one.auc), "stroke-dasharray": dash, fill: "none" }),
        );
        one.auc.forEach((area, i) => {
          if (area === null || ["null", "control", "outside"].includes(one.kind)) return;
          const beats = one.kind === "listener" || (one.p_level[i] !== null && one.p_level[i] <= 0.05);
          const [cx, cy] = [x(decibels[i]), y(area)];
          const classes = `mark ${style(one)} ${beats ? "full" : "hollow"}`;
          parts.push(
            one.number % 2
              ? svg("rect", { class: classes, x: cx - 4, y: cy - 4, width: 8, height: 8 })
              : svg("circle", { class: classes, cx, cy, r: 4.5 }),
          );
        });
        if (one.half_excess && (one.kind === "listener" || one.answer === "emerged")) {
          const at = (sigma) => Math.min(width - right, Math.max(left, x(-20 * Math.log10(sigma))));
          const row = height - bottom - 6 - 9 * (one.kind === "listener" ? 2 : one.number);
          const [value, near, far] = one.half_excess;
          if (near && far)
            parts.push(svg("line", { class: `whisker ${style(one)}`, x1: at(far), x2: at(near), y1: row, y2: row }));
          parts.push(svg("path", { class: `diamond ${style(one)}`, d: `M${at(value)} ${row - 5}l5 5l-5 5l-5 -5z` }));
        }
      });
    const marker = svg("line", { class: "marker", y1: top - 4, y2: height - bottom, "data-marker": true });
    const place = () => {
      const at = x(D.levels[Listen.state.level].db);
      marker.setAttribute("x1", at);
      marker.setAttribute("x2", at);
    };
    place();
    const label = `${concept.name}: how well prompts that ask for it and prompts that do not are told apart, by noise level`;
    const picture = svg(
      "svg",
      { viewBox: `0 0 ${width} ${height}`, class: "curve", role: "img", "aria-label": label },
      parts,
      marker,
    );
    picture.moveMarker = place;
    picture.nearest = (clientX) => {
      const box = picture.getBoundingClientRect();
      const at = ((clientX - box.left) / box.width) * width;
      return decibels.reduce((best, db, i) => (Math.abs(x(db) - at) < Math.abs(x(decibels[best]) - at) ? i : best), 0);
    };
    return picture;
  }

  // The figure with its legend of switches and its table, for the signal that is chosen.
  function figure(concept) {
    const box = h("figure", { class: "curve-figure" });
    let banded = null;
    let picture = null;
    function render() {
      const signal = Listen.signal(Listen.state.signal);
      const all = series(concept, signal.control ? Listen.mainSignals[0].id : signal.id);
      const visible = all.filter(isShown);
      if (!visible.some((one) => one.id === banded))
        banded = visible.find((one) => one.kind === "listener" || one.kind === "probe")?.id;
      const width = Math.max(280, Math.min(1000, box.clientWidth || 800));
      picture = draw(concept, signal.id, width, Math.max(230, Math.min(340, width * 0.42)), visible, banded);
      picture.addEventListener("click", (event) => Listen.set({ level: picture.nearest(event.clientX) }));
      const swatch = (one) =>
        svg(
          "svg",
          { class: "swatch", viewBox: "0 0 26 12", "aria-hidden": "true" },
          one.kind === "band"
            ? svg("rect", { class: `band ${style(one)}`, width: 26, height: 12 })
            : svg("line", {
                class: style(one),
                x1: 1,
                x2: 25,
                y1: 6,
                y2: 6,
                "stroke-dasharray":
                  one.kind === "probe"
                    ? DASHES[one.number % DASHES.length]
                    : one.kind === "listener"
                      ? ""
                      : one.kind === "null"
                        ? "9 3 2 3"
                        : one.kind === "outside"
                          ? "5 3"
                          : "2 3",
              }),
          one.kind === "probe" || one.kind === "listener"
            ? one.number % 2
              ? svg("rect", { class: `mark full ${style(one)}`, x: 9, y: 2, width: 8, height: 8 })
              : svg("circle", { class: `mark full ${style(one)}`, cx: 13, cy: 6, r: 4.5 })
            : null,
        );
      const button = (one) =>
        h(
          "button",
          {
            type: "button",
            class: "key",
            "aria-pressed": String(isShown(one)),
            onclick: (event) => {
              flip(one);
              render();
              [...box.querySelectorAll(".key")].find((other) => other.dataset.id === one.id)?.focus();
            },
            onpointerenter: () => one.low && emphasise(one.id),
            onfocus: () => one.low && emphasise(one.id),
            "data-id": one.id,
          },
          swatch(one),
          one.name,
        );
      const group = (name, kinds) => {
        const mine = all.filter((one) => kinds.includes(one.kind));
        return mine.length
          ? h(
              "div",
              { class: "keys", role: "group", "aria-label": name },
              h("span", { class: "keys-name" }, name),
              mine.map(button),
            )
          : null;
      };
      const legend = h(
        "div",
        { class: "legend" },
        group("Curves", ["probe", "listener"]),
        group("Second opinion", ["outside"]),
        group("By chance", ["band", "null"]),
        h(
          "details",
          { class: "more-keys", open: all.some((one) => one.kind === "control" && isShown(one)) },
          h("summary", {}, "Controls to switch on"),
          group("Controls", ["control"]),
        ),
      );
      const explained =
        "Filled marks: above permuted labels at that level. Diamonds: σ50, where half of the rise has come, with its 95 % interval. Shaded: the 95 % interval of the curve whose key you last touched.";
      box.replaceChildren(
        h("figcaption", {}, `Signal: ${signal.name}. Up: better told apart; .50 is guessing.`),
        picture,
        legend,
        h("p", { class: "small" }, explained),
        table(visible),
      );
    }
    function emphasise(id) {
      if (banded === id) return;
      banded = id;
      const focused = document.activeElement?.dataset?.id;
      render();
      if (focused) [...box.querySelectorAll(".key")].find((other) => other.dataset.id === focused)?.focus();
    }
    box.update = (changed) => (changed.includes("signal") ? render() : picture.moveMarker());
    box.render = render;
    return box;
  }

  function table(all) {
    const columns = all.filter((one) => one.auc);
    const cell = (one, i) =>
      h(
        "td",
        {},
        format.area(one.auc[i]),
        one.low && one.low[i] !== null && one.kind !== "null"
          ? h("span", { class: "interval" }, ` [${format.area(one.low[i])}, ${format.area(one.high[i])}]`)
          : null,
      );
    return h(
      "details",
      { class: "as-table" },
      h("summary", {}, "The same as a table"),
      h(
        "div",
        { class: "scroll", tabindex: 0, role: "region", "aria-label": "Curves as a table" },
        h(
          "table",
          {},
          h(
            "thead",
            {},
            h(
              "tr",
              {},
              h("th", { scope: "col" }, "Level"),
              columns.map((one) => h("th", { scope: "col" }, one.name)),
            ),
          ),
          h(
            "tbody",
            {},
            D.levels.map((_, i) =>
              h(
                "tr",
                {},
                h("th", { scope: "row" }, format.level(i)),
                columns.map((one) => cell(one, i)),
              ),
            ),
          ),
        ),
      ),
    );
  }

  return { figure, draw, series };
})();
