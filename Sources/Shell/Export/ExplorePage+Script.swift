extension ExplorePage {
  /// Beside the style of every page.
  static let style = """
    :root { --bar: #2166ac; --bad: #b2182b; --good: #1b7837; --tint: 33, 102, 172; }
    @media (prefers-color-scheme: dark) { :root { --bar: #6baed6; --bad: #ff9a9a; --good: #8fd59a; --tint: 107, 174, 214; } }
    main > section { margin: 0 0 2rem; } .prose { margin-left: 0; } .remark, .scroll { padding: 0; }
    .dial { position: sticky; top: 0; z-index: 1; background: var(--page); border-bottom: 1px solid var(--rule); padding: 0.4rem 0; }
    .dial input { width: 100%; height: 2.25rem; margin: 0; accent-color: var(--bar); }
    .reading { margin: 0; } .reading output { font-weight: 700; font-size: 1.25rem; }
    .reading span, .meaning { color: var(--faint); } .reading strong { color: var(--ink); }
    .meaning { margin: 0.25rem 0 2rem; }
    .classes { display: grid; gap: 0.15rem; max-width: 46rem; }
    .classes label { display: grid; grid-template-columns: 1.5rem minmax(6rem, 9rem) minmax(4rem, 1fr) 11rem; gap: 0.5rem;
      align-items: center; padding: 0.2rem 0.25rem; border-radius: 6px; cursor: pointer; font-variant-numeric: tabular-nums; }
    .classes label:hover, .classes label:has(:checked) { background: var(--code); }
    .classes input { accent-color: var(--bar); }
    .track { height: 0.9rem; background: var(--code); border: 1px solid var(--rule); border-radius: 3px; overflow: hidden; }
    .fill { display: block; height: 100%; background: var(--bar); }
    .curve { width: 100%; max-width: 46rem; height: auto; margin-top: 0.75rem; }
    .images { display: grid; gap: 0.75rem; grid-template-columns: repeat(auto-fill, minmax(15rem, 1fr)); }
    .images figure { padding: 0.5rem; border: 1px solid var(--rule); border-radius: 6px; }
    .images canvas { width: 32%; height: auto; image-rendering: pixelated; border-radius: 3px; background: #ffffff; }
    .images .three { display: flex; justify-content: space-between; }
    .images figcaption { font-size: 0.875rem; padding-top: 0.25rem; }
    .right { color: var(--good); } .wrong { color: var(--bad); font-weight: 600; }
    .tabs label { margin-right: 1.25rem; cursor: pointer; }
    .matrix th, .matrix td { padding: 0.25rem 0.5rem; text-align: right; }
    .matrix tbody th { text-align: left; } .matrix .chosen { font-weight: 700; }
    .matrix td.same { outline: 1px solid var(--faint); outline-offset: -1px; }
    @media (max-width: 47.99rem) {
      .classes label { grid-template-columns: 1.25rem 6.5rem minmax(1.5rem, 1fr) 9rem; font-size: 0.8125rem; gap: 0.35rem; }
      .images { grid-template-columns: 1fr; }
    }
    @media print { .dial { position: static; } }
    """

  /// Draws what the data says; computes nothing but shares of counts.
  static let script = """
    "use strict";
    const d = JSON.parse(document.getElementById("data").textContent);
    const $ = id => document.getElementById(id);
    const el = (name, attributes = {}, ...children) => {
      const e = document.createElement(name);
      for (const [key, value] of Object.entries(attributes)) e.setAttribute(key, value);
      e.append(...children);
      return e;
    };
    const share = (hits, count) => count ? (100 * hits / count).toFixed(count > 200 ? 1 : 0) + " %" : "none";
    const nameOf = answer => answer < 0 ? "no answer" : d.classes[answer];
    const several = d.labels.length.toLocaleString("en");
    let at = 0, chosen = -1;

    // How many of a class (-1: of all) are still right at a radius, and how many there are.
    const robust = (radius, of) => {
      let hits = 0, count = 0;
      d.labels.forEach((label, i) => {
        if (of < 0 || label === of) { count += 1; hits += d.radii[radius].robust[i]; }
      });
      return [hits, count];
    };

    const rows = [-1, ...d.classes.keys()].map(of => {
      const input = el("input", {type: "radio", name: "class", value: of});
      if (of < 0) input.checked = true;
      input.addEventListener("change", () => { chosen = of; update(); });
      const fill = el("span", {class: "fill"}), text = el("span");
      const title = of < 0 ? "all classes" : d.classes[of] + (d.protected[of] ? " (protected)" : "");
      $("classes").append(el("label", {}, input, el("span", {}, title), el("span", {class: "track"}, fill), text));
      return {of, fill, text};
    });

    // The curves of all classes and of the chosen one.
    const svg = (name, attributes) => {
      const e = document.createElementNS("http://www.w3.org/2000/svg", name);
      for (const [key, value] of Object.entries(attributes)) e.setAttribute(key, value);
      return e;
    };
    const plot = svg("svg", {class: "curve", viewBox: "0 0 460 190", role: "img"});
    $("classes").after(plot);
    const last = Math.max(1, d.radii.length - 1);
    const x = radius => 40 + 405 * radius / last, y = value => 150 - 135 * value;
    const drawCurve = () => {
      plot.replaceChildren();
      for (const value of [0, 0.5, 1]) {
        plot.append(svg("line", {x1: 40, x2: 445, y1: y(value), y2: y(value), stroke: "var(--rule)"}));
        const text = svg("text", {x: 34, y: y(value) + 4, "text-anchor": "end", "font-size": 11, fill: "var(--faint)"});
        text.textContent = 100 * value + " %";
        plot.append(text);
      }
      d.radii.forEach((radius, i) => {
        if (i % Math.ceil(d.radii.length / 6) && i !== last) return;
        const text = svg("text", {x: x(i), y: 167, "text-anchor": "middle", "font-size": 11, fill: "var(--faint)"});
        text.textContent = radius.eps;
        plot.append(text);
      });
      const text = svg("text", {x: 242, y: 184, "text-anchor": "middle", "font-size": 11, fill: "var(--faint)"});
      text.textContent = chosen < 0 ? "robust accuracy against eps, all classes"
        : "robust accuracy against eps: " + d.classes[chosen] + " (line), all classes (dashes)";
      plot.append(text);
      plot.append(svg("line", {x1: x(at), x2: x(at), y1: 15, y2: 150, stroke: "var(--faint)", "stroke-dasharray": "2 3"}));
      const line = (of, dashes) => {
        const points = d.radii.map((_, i) => { const [h, n] = robust(i, of); return x(i) + "," + y(n ? h / n : 0); });
        plot.append(svg("polyline", {points: points.join(" "), fill: "none", stroke: "var(--bar)", "stroke-width": 2,
          "stroke-dasharray": dashes}));
        const [h, n] = robust(at, of);
        plot.append(svg("circle", {cx: x(at), cy: y(n ? h / n : 0), r: 4, fill: "var(--bar)"}));
      };
      if (chosen >= 0) line(-1, "5 4");
      line(chosen, "none");
      const [h, n] = robust(at, chosen);
      plot.setAttribute("aria-label", "Robust accuracy at eps " + d.radii[at].eps + ": " + share(h, n));
    };

    const decode = text => Uint8Array.from(atob(text), c => c.charCodeAt(0));
    const size = d.width * d.height;
    const paint = (canvas, color) => {
      const context = canvas.getContext("2d"), image = context.createImageData(d.width, d.height);
      for (let i = 0; i < size; i += 1) {
        const [r, g, b] = color(i);
        image.data.set([r, g, b, 255], 4 * i);
      }
      context.putImageData(image, 0, 0);
    };
    const pixel = (bytes, i) => d.channels === 3 ? [bytes[i], bytes[size + i], bytes[2 * size + i]] : [bytes[i], bytes[i], bytes[i]];
    // White for no change, towards red where brighter and blue where darker; of colour images the change around grey.
    const change = (clean, now, i, most) => {
      if (d.channels === 3) return [0, 1, 2].map(c => 128 + 127 * (now[c * size + i] - clean[c * size + i]) / most);
      const t = (now[i] - clean[i]) / most, [r, g, b] = t < 0 ? [33, 102, 172] : [178, 24, 43], s = Math.abs(t);
      return [255 + (r - 255) * s, 255 + (g - 255) * s, 255 + (b - 255) * s];
    };
    // Of all classes together the first two of each.
    const seen = d.classes.map(() => 0);
    const cards = d.shown.map(one => {
      const canvas = () => el("canvas", {width: d.width, height: d.height, role: "img"});
      const three = [canvas(), canvas(), canvas()], caption = el("figcaption");
      const figure = el("figure", {}, el("div", {class: "three"}, ...three), caption);
      $("images").append(figure);
      const clean = decode(one.images[0]);
      paint(three[0], i => pixel(clean, i));
      three[0].setAttribute("aria-label", d.classes[one.label] + ", as it was");
      return {one, three, caption, figure, clean, isFirst: (seen[one.label] += 1) <= 2};
    });
    const drawCard = card => {
      const {one, three, caption, figure, clean} = card;
      figure.hidden = chosen >= 0 ? one.label !== chosen : !card.isFirst;
      if (figure.hidden) return;
      const now = decode(one.images[at]);
      let most = 1;
      for (let i = 0; i < now.length; i += 1) most = Math.max(most, Math.abs(now[i] - clean[i]));
      paint(three[1], i => pixel(now, i));
      paint(three[2], i => change(clean, now, i, most));
      const answer = one.answers[at], isRight = answer === one.label;
      const sure = Math.round(100 * one.confidences[at]) + " % sure";
      caption.replaceChildren(d.classes[one.label] + ": ",
        el("span", {class: isRight ? "right" : "wrong"}, (isRight ? "✓ " : "✗ ") + nameOf(answer)), ", " + sure);
      three[1].setAttribute("aria-label", "as the attacker left it: taken for " + nameOf(answer) + ", " + sure);
      three[2].setAttribute("aria-label", "the difference, amplified");
    };

    const drawMatrix = () => {
      const asksCosts = document.querySelector("input[name=matrix]:checked").value === "costs";
      const answers = d.radii[at].answers, columns = d.classes.map((name, i) => i);
      if (!asksCosts && answers.some(a => a < 0)) columns.push(-1);
      const counts = d.classes.map(() => columns.map(() => 0));
      answers.forEach((answer, i) => { counts[d.labels[i]][answer < 0 ? columns.length - 1 : answer] += 1; });
      const most = asksCosts ? Math.max(...d.costs.flat()) : Math.max(...counts.flat());
      const head = el("tr", {}, el("th", {scope: "col"}, "true ↓ answer →"),
        ...columns.map(c => el("th", {scope: "col"}, nameOf(c))));
      const body = d.classes.map((name, row) => el("tr", row === chosen ? {class: "chosen"} : {}, el("th", {scope: "row"}, name),
        ...columns.map((c, place) => {
          const value = asksCosts ? d.costs[row][c] : counts[row][place];
          const cell = el("td", row === c ? {class: "same"} : {}, value === 0 && row !== c ? "·" : String(value));
          cell.style.background = "rgba(var(--tint), " + (most > 0 ? 0.45 * value / most : 0) + ")";
          return cell;
        })));
      $("matrix").replaceChildren(el("thead", {}, head), el("tbody", {}, ...body));
      $("cost").textContent = "Mean cost of an answer at this eps: " + d.radii[at].cost.toFixed(3)
        + (d.hasCosts ? "." : "; without a cost matrix every mistake costs 1.");
    };

    function update() {
      const radius = d.radii[at], [hits, count] = robust(at, -1);
      $("value").textContent = "eps " + radius.eps;
      $("meaning").textContent = at === 0 && Number(radius.eps) === 0 ? "no attack"
        : d.inSteps ? "at most " + (255 * Number(radius.eps)).toFixed(1) + " of 255 steps for each value" : "\u{a0}";
      $("eps").setAttribute("aria-valuetext", "eps " + radius.eps + ", robust " + share(hits, count));
      $("overall").replaceChildren("robust: ", el("strong", {}, share(hits, count)), " of " + several);
      for (const row of rows) {
        const [h, n] = robust(at, row.of);
        row.fill.style.width = (n ? 100 * h / n : 0) + "%";
        row.text.textContent = n ? share(h, n) + " (" + h + " of " + n + ")" : "no image";
      }
      drawCurve();
      cards.forEach(drawCard);
      drawMatrix();
    }
    $("eps").addEventListener("input", event => { at = Number(event.target.value); update(); });
    document.querySelectorAll("input[name=matrix]").forEach(e => e.addEventListener("change", drawMatrix));
    update();
    """
}
