"use strict";
// Draws every figure in place of its pictures, so that it answers to the pointer. Without scripting, on paper, and where
// a figure cannot be drawn, the pictures stay.
(() => {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  let turn = 0;
  let given = null;
  const views = new Map(); // by figure, to be let go when the theme changes

  async function unpacked(id) {
    const bytes = Uint8Array.from(atob(document.getElementById(id).textContent), (c) => c.charCodeAt(0));
    return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"))).text();
  }

  async function begin() {
    given = JSON.parse(await unpacked("charts"));
    const script = document.createElement("script");
    script.textContent = await unpacked("bundle"); // runs by its hash in the page's policy
    document.head.append(script);
    dark.addEventListener("change", all);
    await all();
  }

  async function draw(name, chart, mine) {
    const box = document.getElementById(`figure-${name}`);
    const panels = [...box.querySelectorAll(".panel")];
    const config = given.config[dark.matches ? "dark" : "light"];
    const drawn = [];
    try {
      for (const [place, spec] of chart.specs.entries()) {
        const room = document.createElement("div");
        room.className = "drawn";
        panels[place].querySelectorAll(".drawn").forEach((old) => old.remove());
        panels[place].append(room); // laid out, so that it has a width, but not seen before all panels are drawn
        const whole = { ...spec, datasets: { table: chart.rows } };
        const found = await vegaEmbed(room, whole, {
          ast: true, actions: false, logLevel: 1, defaultStyle: false, tooltip: false, renderer: "svg", config,
        });
        drawn.push(found);
        if (!(room.querySelector("svg").getBoundingClientRect().width > 0)) throw new Error("drawn without a width");
        // Vega names its container after itself.
        room.setAttribute("role", "img");
        room.setAttribute("aria-label", chart.alt);
        if (place > 0) room.setAttribute("aria-hidden", "true");
        if (mine !== turn) return;
      }
      box.classList.add("live");
      (views.get(name) ?? []).forEach((old) => old.finalize());
      views.set(name, drawn);
    } catch (error) {
      drawn.forEach((found) => found.finalize());
      box.querySelectorAll(".drawn").forEach((room) => room.remove());
      box.classList.remove("live");
    }
  }

  async function all() {
    const mine = ++turn;
    for (const [name, chart] of Object.entries(given.charts)) {
      if (mine !== turn) return;
      await draw(name, chart, mine);
    }
    document.documentElement.dataset.drawn = "all";
  }

  begin().catch(() => {}); // the pictures stay
})();
