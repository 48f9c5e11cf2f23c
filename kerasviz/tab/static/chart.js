/** One curve chart: a scalar over the steps, a line for each run, and the values at the playhead. */

import { el, mark, say, svg } from "./element.js";
import { valueText } from "./format.js";
import { placeAt } from "./log.js";

const HEIGHT = 76;
const EDGE = 5;

export class Chart {
  #lines = svg("g", { class: "lines" });
  #head = svg("line", { class: "head", y1: 0, y2: HEIGHT });
  #dots = svg("g", {});
  #top = el("span", { class: "top" });
  #bottom = el("span", { class: "bottom" });
  #values = el("ul", { class: "values" });
  #curves = [];
  #width = 0;

  constructor(page, tag) {
    Object.assign(this, { page, tag });
    this.plot = svg(
      "svg",
      { height: HEIGHT, role: "img", "aria-label": tag },
      this.#lines,
      this.#head,
      this.#dots,
    );
    this.plot.addEventListener("click", (event) => this.#go(event));
    const frame = el("div", { class: "plot" }, this.plot, this.#top, this.#bottom);
    this.unit = el("span", { class: "unit", title: "epochs are not the steps of the playhead" });
    const title = el("h3", { title: tag }, el("span", {}, tag), this.unit);
    this.element = el("div", { class: "chart", "data-tag": tag }, title, frame, this.#values);
  }

  /** Take the curves `[{run, steps, values}]`; a value that is none is null. */
  setCurves(curves) {
    this.#curves = curves;
    this.#values.replaceChildren(...curves.map(({ run }) => this.#valueLine(run)));
    this.draw();
  }

  /** Curves over epochs cannot be on a playhead that counts optimizer steps. */
  get isOverEpochs() {
    const end = Math.max(...this.#curves.map(({ steps }) => steps.at(-1) ?? 0));
    return this.tag.startsWith("epoch_") && this.page.playhead.last > end;
  }

  /** Draw the lines, after new values or at a new width. */
  draw() {
    this.#width = this.plot.clientWidth;
    if (this.#width === 0) return;
    const { first, last } = this.page.playhead;
    const ends = this.#curves.flatMap(({ steps }) => (steps.length > 0 ? [steps[0], steps.at(-1)] : []));
    this.domain = this.isOverEpochs ? [Math.min(...ends), Math.max(...ends)] : [first, last];
    say(this.unit, this.isOverEpochs ? "by epoch" : "");
    this.plot.classList.toggle("apart", this.isOverEpochs);
    this.range = extent(this.#curves);
    say(this.#top, valueText(this.range[1]));
    say(this.#bottom, this.range[0] === this.range[1] ? "" : valueText(this.range[0]));
    const paths = this.#curves.map(({ run, steps, values }) => {
      const points = thinned(steps, values, this.#width).map(
        ([step, value]) => value !== null && [this.#x(step), this.#y(value)],
      );
      return svg("path", { d: pathOf(points), style: `stroke:${this.page.log.colorOf(run)}` });
    });
    this.#lines.replaceChildren(...paths);
    this.#dots.replaceChildren(
      ...this.#curves.map(({ run }) => svg("circle", { r: 3, style: `fill:${this.page.log.colorOf(run)}` })),
    );
    this.update();
  }

  /** Move to the playhead. */
  update() {
    if (this.#width === 0 || !this.domain) return;
    const { step } = this.page.playhead;
    const x = this.#x(step);
    mark(this.#head, "transform", `translate(${x} 0)`);
    for (const [i, { run, steps, values }] of this.#curves.entries()) {
      const at = this.isOverEpochs ? steps.length - 1 : placeAt(steps, step);
      const value = at < 0 ? null : values[at];
      say(this.#values.children[i].lastChild, value === null ? "\u2013" : valueText(value));
      const dot = this.#dots.children[i];
      mark(dot, "visibility", value === null || this.isOverEpochs ? "hidden" : "visible");
      if (value === null) continue;
      // Where the value was logged: a run that has ended does not go on.
      mark(dot, "cx", this.#x(steps[at]));
      mark(dot, "cy", this.#y(value));
      if (!this.page.playhead.playing && i === 0)
        mark(this.plot, "aria-label", `${this.tag}: ${valueText(value)} in ${run}`);
    }
  }

  #valueLine(run) {
    const dot = el("span", {
      class: "dot",
      style: `background:${this.page.log.colorOf(run)}`,
      "aria-hidden": "true",
    });
    return el("li", {}, dot, el("span", { class: "run", title: run }, run), el("span", { class: "value" }));
  }

  #x(step) {
    const [first, last] = this.domain;
    const share = last > first ? (step - first) / (last - first) : 0;
    return EDGE + share * (this.#width - 2 * EDGE);
  }

  #y(value) {
    const [low, high] = this.range;
    const share = high > low ? (value - low) / (high - low) : 0.5;
    return HEIGHT - EDGE - share * (HEIGHT - 2 * EDGE);
  }

  #go(event) {
    if (this.isOverEpochs || !this.domain) return;
    const [first, last] = this.domain;
    const x = event.clientX - this.plot.getBoundingClientRect().left;
    this.page.playhead.goNear(first + ((x - EDGE) / (this.#width - 2 * EDGE)) * (last - first));
  }
}

/** The smallest and the largest of all values. */
function extent(curves) {
  let [low, high] = [Infinity, -Infinity];
  for (const { values } of curves) {
    for (const value of values) {
      if (value === null) continue;
      if (value < low) low = value;
      if (value > high) high = value;
    }
  }
  return low <= high ? [low, high] : [0, 0];
}

/** Of many points the smallest and the largest of each column of pixels, so that no peak is lost. */
function thinned(steps, values, width) {
  const points = steps.map((step, i) => [step, values[i]]);
  if (points.length <= 2 * width) return points;
  const size = Math.ceil(points.length / width);
  const kept = [];
  for (let at = 0; at < points.length; at += size) {
    const part = points.slice(at, at + size);
    const sorted = part.toSorted((a, b) => a[1] - b[1]);
    // Where a gap begins or ends, every point counts.
    if (part.some(([, value]) => value === null)) kept.push(...part);
    else kept.push(...[sorted[0], sorted.at(-1)].sort((a, b) => a[0] - b[0]));
  }
  return kept;
}

/** A path with a gap where a value is none. */
function pathOf(points) {
  let isOn = false;
  let path = "";
  for (const point of points) {
    // A lone point is seen as the dot that a round cap makes of a line without length.
    if (point) path += `${isOn ? "L" : "M"}${point[0].toFixed(1)} ${point[1].toFixed(1)}${isOn ? "" : "h0"}`;
    isOn = Boolean(point);
  }
  return path;
}
