/* Figures drawn by Vega: one small spec of lines and points on a shared horizontal scale, fed with new rows while a
   lever is dragged. Names and figures stand beside it as text of the page, so it says nothing to a screen reader.

   vegaEmbed's `ast` makes Vega evaluate its expressions without generating code, as the page's security policy asks. */

const SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json";

function field(name, channel = "nominal") {
  return { field: name, type: channel, scale: null, legend: null };
}

function spec(width, height, axis) {
  const x = {
    type: "quantitative",
    title: null,
    scale: { domain: [{ expr: "low" }, { expr: "high" }], zero: false, nice: false },
    axis: axis ? { tickCount: 3, orient: "bottom", labelBound: 1, labelOverlap: "greedy", format: axis.format } : null,
  };
  const y = { field: "y", type: "quantitative", scale: null, axis: null };
  return {
    $schema: SCHEMA,
    width,
    height,
    autosize: "none",
    background: null,
    padding: { left: 0, right: 0, top: 0, bottom: 0 },
    params: [
      { name: "low", value: 0 },
      { name: "high", value: 1 },
    ],
    datasets: { lines: [], points: [] },
    layer: [
      {
        data: { name: "lines" },
        mark: { type: "rule", clip: false, aria: false },
        encoding: {
          x: { ...x, field: "x" },
          x2: { field: "x2" },
          y,
          y2: { field: "y2" },
          color: field("colour"),
          strokeWidth: field("width", "quantitative"),
          opacity: field("opacity", "quantitative"),
          strokeDash: field("dash"),
        },
      },
      {
        data: { name: "points" },
        mark: { type: "point", filled: true, aria: false, strokeWidth: 1.5 },
        encoding: {
          x: { ...x, field: "x" },
          y,
          fill: field("fill"),
          stroke: field("colour"),
          shape: field("shape"),
          size: field("size", "quantitative"),
          opacity: field("opacity", "quantitative"),
        },
      },
    ],
  };
}

/* Colours as the theme has them now; asked of the browser, which alone knows which theme that is. */
export function colours() {
  const probe = document.createElement("i");
  probe.hidden = true;
  document.body.append(probe);
  const found = {};
  for (const name of ["arm-0", "arm-1", "arm-2", "arm-3", "arm-pinned"]) {
    probe.className = name;
    found[name] = getComputedStyle(probe).color;
  }
  probe.className = "";
  for (const name of ["ground", "ink", "muted", "line", "edge"]) {
    probe.style.color = `var(--${name})`;
    found[name] = getComputedStyle(probe).color;
  }
  probe.remove();
  return found;
}

export class Plot {
  /* element: its box. axis: null, or {format}. number: {decimal, group} of the reader's language. */
  constructor(element, { axis = null, number, look }) {
    this.element = element;
    this.options = { axis, number, look };
    this.size = "";
    this.view = null;
    this.wanted = null;
    this.running = null;
  }

  /* Draw lines and points over [low, high] in so many px; the newest call counts. Resolves when that is drawn. */
  draw(width, height, low, high, lines, points) {
    this.wanted = { width, height, low, high, lines, points };
    this.running ??= this.#run().finally(() => {
      this.running = null;
    });
    return this.running;
  }

  async #run() {
    while (this.wanted) {
      const wanted = this.wanted;
      this.wanted = null;
      await this.#show(wanted);
    }
  }

  async #show({ width, height, low, high, lines, points }) {
    if (!this.view) await this.#make(width, height);
    const view = this.view;
    const room = this.options.axis ? 30 : 0;
    if (this.size !== `${width} ${height}`) {
      this.size = `${width} ${height}`;
      view.width(width).height(height).padding({ left: 0, right: 0, top: 0, bottom: room }).resize();
    }
    view.signal("low", low).signal("high", high).data("lines", lines).data("points", points);
    await view.runAsync();
  }

  async #make(width, height) {
    const { axis, number, look } = this.options;
    const config = {
      font: getComputedStyle(document.body).fontFamily,
      locale: {
        number: {
          decimal: number.decimal,
          thousands: number.group,
          grouping: [3],
          currency: ["", ""],
          minus: "\u2212",
        },
      },
      view: { stroke: null },
      axis: {
        labelColor: look.muted,
        labelFontSize: 14,
        domain: false,
        tickColor: look.edge,
        grid: false,
        tickSize: 5,
        labelPadding: 4,
      },
    };
    const drawn = await window.vegaEmbed(this.element, spec(width, height, axis), {
      ast: true,
      actions: false,
      defaultStyle: false,
      tooltip: false,
      hover: false,
      renderer: "svg",
      config,
    });
    this.view = drawn.view;
  }

  gone() {
    this.view?.finalize();
    this.element.replaceChildren();
  }
}
