/** The curves below the pictures, on the same playhead. */

import { Chart } from "./chart.js";
import { el } from "./element.js";
import { ask } from "./server.js";

/** What this is about first; then what every training logs. */
const ORDER = [/^drift\//, /^dead_filters\//, /loss/, /acc/];
const WHOLE = /loss|acc/;
/** A run that is training does not have its curves fetched with every frame. */
const FRESH = 2000;

export class Curves {
  #charts = new Map();
  #grid = el("div", { class: "charts" });
  #arranged = "";

  constructor(page) {
    this.page = page;
    this.element = el("details", { class: "curves", open: true }, el("summary", {}, "Curves"), this.#grid);
    this.seen = new IntersectionObserver((entries) => this.#see(entries), { rootMargin: "80px" });
    new ResizeObserver(() => this.#draw()).observe(this.#grid);
  }

  /** Take what the log and the filter have now. */
  update() {
    const { log, filter } = this.page;
    const { scalars } = log;
    const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
    const holds = (tag, run) => words.every((word) => `${run} ${tag}`.toLowerCase().includes(word));
    // The curves of the layers that are seen, those of the whole network, and what the filter names itself.
    const layers = new Set(log.filtered(filter).map(({ layer }) => layer));
    const isShown = (tag) => WHOLE.test(tag) || layers.has(tag.slice(tag.indexOf("/") + 1));
    const shown = [...scalars].filter(([tag, runs]) => isShown(tag) || runs.some((run) => holds(tag, run)));
    const tags = shown
      .map(([tag]) => tag)
      .sort((a, b) => rank(a) - rank(b) || a.localeCompare(b, "en", { numeric: true }));
    this.element.hidden = tags.length === 0;
    const arranged = JSON.stringify(tags);
    if (arranged !== this.#arranged) {
      this.#arranged = arranged;
      this.#grid.replaceChildren(...tags.map((tag) => this.#chart(tag).element));
    }
    for (const chart of this.#charts.values()) if (chart.isVisible) this.#fetch(chart);
  }

  /** Move all charts to the playhead. */
  moved() {
    for (const chart of this.#charts.values()) if (chart.isVisible) chart.update();
  }

  #chart(tag) {
    if (!this.#charts.has(tag)) {
      const chart = new Chart(this.page, tag);
      this.#charts.set(tag, chart);
      this.seen.observe(chart.element);
    }
    return this.#charts.get(tag);
  }

  #see(entries) {
    for (const { target, isIntersecting } of entries) {
      const chart = this.#charts.get(target.dataset.tag);
      chart.isVisible = isIntersecting;
      if (isIntersecting) this.#fetch(chart);
    }
  }

  async #fetch(chart) {
    const { log } = this.page;
    const asked = performance.now();
    if (chart.version === log.version || chart.isFetching) {
      chart.update();
      return;
    }
    chart.isFetching = true;
    try {
      const runs = log.scalars.get(chart.tag) ?? [];
      const answers = await Promise.all(runs.map((run) => ask("scalars", { run, tag: chart.tag })));
      const curves = await Promise.all(answers.map((answer) => answer.json()));
      chart.version = log.version;
      chart.setCurves(curves.map((curve, i) => ({ run: runs[i], ...curve })));
    } catch {
      // The poll of the index says when nothing answers; the next index has the curves fetched again.
    }
    setTimeout(
      () => {
        chart.isFetching = false;
        if (chart.isVisible && chart.version !== this.page.log.version) this.#fetch(chart);
      },
      Math.max(0, FRESH - (performance.now() - asked)),
    );
  }

  #draw() {
    for (const chart of this.#charts.values()) if (chart.isVisible) chart.draw();
  }
}

function rank(tag) {
  const at = ORDER.findIndex((pattern) => pattern.test(tag));
  const own = at < 0 ? ORDER.length : at;
  // Epochs are another unit than the playhead's: after what is on it.
  return tag.startsWith("epoch_") ? own + ORDER.length + 1 : own;
}
