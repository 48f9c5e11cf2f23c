/** All panels: rows are tags and columns are runs; a single run's panels flow beside each other. */

import { el } from "./element.js";
import { layerNote } from "./notes.js";
import { Panel } from "./panel.js";

const GAP = 16;
const HEAD = 176;
const NARROW = 640;
/** How wide a panel is at most, in pixels. */
export const SIZES = { small: 184, medium: 400, large: 640 };
const NARROWEST = 140;

export class Grid {
  element = el("div", { class: "grid" });
  panels = [];
  #panelById = new Map();
  #notes = new Map();
  #arranged = "";
  #width = 0;

  constructor(page) {
    this.page = page;
    this.seen = new IntersectionObserver((entries) => this.#see(entries), { rootMargin: "120px" });
    new ResizeObserver(() => this.#resized()).observe(this.element);
  }

  /** The panels on the screen, or nearly so. */
  get visible() {
    return this.panels.filter((panel) => panel.isVisible);
  }

  /** Show the series that the filter lets through; what is there already stays where it is. */
  update(series) {
    const tags = [...new Set(series.map(({ tag }) => tag))];
    const runs = this.page.log.runs.filter((run) => series.some((one) => one.run === run));
    const shown = new Map(series.map((one) => [one.id, one]));
    const arranged = JSON.stringify([tags, runs, [...shown.keys()]]);
    if (arranged === this.#arranged) {
      this.#layout();
      return;
    }
    this.#arranged = arranged;
    this.panels = series.map((one) => this.#panel(one));
    for (const [id, panel] of this.#panelById) {
      if (shown.has(id)) continue;
      this.seen.unobserve(panel.element);
      this.#panelById.delete(id);
    }
    this.element.classList.toggle("flow", runs.length === 1);
    this.element.classList.toggle(
      "noted",
      series.some(({ layer }) => layer !== null),
    );
    this.columns = runs.length;
    const rows = tags.map((tag) => this.#row(tag, runs, series));
    if (series.length === 0) rows.push(el("p", { class: "nothing" }, "No tag or run holds these words."));
    const focused = document.activeElement;
    this.element.replaceChildren(...(runs.length > 1 ? [this.#runNames(runs)] : []), ...rows);
    // What is put in its place again has lost the focus.
    if (this.element.contains(focused)) focused.focus({ preventScroll: true });
    this.#layout();
  }

  #panel(series) {
    if (!this.#panelById.has(series.id)) {
      const panel = new Panel(this.page, series);
      this.#panelById.set(series.id, panel);
      this.seen.observe(panel.element);
    }
    return this.#panelById.get(series.id);
  }

  #row(tag, runs, series) {
    const cells = runs.map((run) => {
      const one = series.find((other) => other.run === run && other.tag === tag);
      return one ? this.#panel(one).element : el("p", { class: "absent" }, "not in this run");
    });
    const first = series.find((one) => one.tag === tag);
    const head = el("header", {}, el("h2", { title: tag }, tag), this.#note(first));
    return el("section", { class: "row", "aria-label": tag }, head, el("div", { class: "cells" }, ...cells));
  }

  #note(series) {
    if (!this.#notes.has(series.id)) this.#notes.set(series.id, layerNote(series));
    return this.#notes.get(series.id);
  }

  #runNames(runs) {
    const names = runs.map((run) => {
      const dot = el("span", {
        class: "dot",
        style: `background:${this.page.log.colorOf(run)}`,
        "aria-hidden": "true",
      });
      return el("div", { class: "run", title: run }, dot, el("span", {}, run));
    });
    return el("div", { class: "runs" }, el("div", { class: "cells" }, ...names));
  }

  #resized() {
    if (this.element.clientWidth === this.#width) return;
    this.#layout();
    this.page.drawSoon();
  }

  /** Panels as wide as they are wanted, narrower where that has them all side by side. */
  #layout() {
    this.#width = this.element.clientWidth;
    const isNarrow = this.#width < NARROW;
    const isMatrix = this.columns > 1;
    this.element.classList.toggle("narrow", isNarrow);
    const room = this.#width - (isMatrix && !isNarrow ? HEAD + GAP : 0);
    const share = isMatrix ? Math.floor((room - GAP * (this.columns - 1)) / this.columns) : room;
    const size = SIZES[this.page.size];
    const column = Math.max(NARROWEST, isMatrix ? Math.min(size, share) : flowing(room, size));
    this.element.style.setProperty("--column", `${column}px`);
    this.element.style.setProperty("--head", `${HEAD}px`);
    for (const panel of this.panels) panel.layout(column);
  }

  #see(entries) {
    for (const { target, isIntersecting } of entries) {
      const panel = this.panels.find(({ element }) => element === target);
      if (panel) panel.isVisible = isIntersecting;
    }
    this.page.drawSoon();
  }
}

/** The width of panels that flow: near `size`, so that whole panels fill the line. */
function flowing(room, size) {
  const count = Math.max(1, Math.round((room + GAP) / (size + GAP)));
  return Math.floor((room - GAP * (count - 1)) / count);
}
