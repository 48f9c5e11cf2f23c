/** The slider: all steps on one line, a tick for each frame that exists, a thumb at the playhead. */

import { el, mark, say } from "./element.js";
import { wholeText } from "./format.js";

const LABEL_ROOM = 90;

export class Slider {
  #ticks = el("canvas", { class: "ticks", "aria-hidden": "true" });
  #thumb = el("div", { class: "thumb" });
  #done = el("div", { class: "done" });
  #labels = el("div", { class: "labels", "aria-hidden": "true" });
  #drawn = "";

  constructor(playhead) {
    this.playhead = playhead;
    this.track = el("div", { class: "track" }, this.#done, this.#ticks, this.#thumb);
    this.element = el(
      "div",
      {
        class: "slider",
        role: "slider",
        tabindex: "0",
        "aria-label": "Training step",
        on: { pointerdown: (event) => this.#grab(event), pointermove: (event) => this.#drag(event) },
      },
      this.track,
      this.#labels,
    );
    new ResizeObserver(() => this.update()).observe(this.track);
  }

  update() {
    const { first, last, step, steps, at } = this.playhead;
    const share = `${this.#share(step) * 100}%`;
    this.#thumb.style.left = share;
    this.#done.style.width = share;
    mark(this.element, "aria-valuemin", first);
    mark(this.element, "aria-valuemax", last);
    mark(this.element, "aria-valuenow", step);
    mark(this.element, "aria-valuetext", `step ${wholeText(step)}, frame ${at + 1} of ${steps.length}`);
    this.#drawTicks();
  }

  #share(step) {
    const { first, last } = this.playhead;
    return last > first ? (step - first) / (last - first) : 0;
  }

  #drawTicks() {
    const { clientWidth: width, clientHeight: height } = this.track;
    const { steps } = this.playhead;
    const color = getComputedStyle(this.element).getPropertyValue("--tick");
    const drawn = [width, height, color, window.devicePixelRatio, steps.length, steps[0], steps.at(-1)].join(
      " ",
    );
    if (drawn === this.#drawn || width === 0) return;
    this.#drawn = drawn;
    const ratio = window.devicePixelRatio;
    this.#ticks.width = Math.round(width * ratio);
    this.#ticks.height = Math.round(height * ratio);
    const context = this.#ticks.getContext("2d");
    context.fillStyle = color;
    for (const step of steps) {
      const x = Math.round(this.#share(step) * (this.#ticks.width - 1));
      context.fillRect(x, 0, 1, this.#ticks.height);
    }
    this.#writeLabels(width);
  }

  #writeLabels(width) {
    const { first, last } = this.playhead;
    const labels = axisSteps(first, last, Math.max(1, Math.floor(width / LABEL_ROOM))).map((step) => {
      const label = el("span", { style: `left:${this.#share(step) * 100}%` });
      say(label, wholeText(step));
      return label;
    });
    this.#labels.replaceChildren(...labels);
  }

  #grab(event) {
    if (event.button !== 0) return;
    this.element.setPointerCapture(event.pointerId);
    this.#goTo(event);
  }

  #drag(event) {
    if (this.element.hasPointerCapture(event.pointerId)) this.#goTo(event);
  }

  #goTo(event) {
    const { left, width } = this.track.getBoundingClientRect();
    const { first, last } = this.playhead;
    if (this.playhead.playing) this.playhead.pause();
    this.playhead.goNear(first + ((event.clientX - left) / width) * (last - first));
  }
}

/** Round steps between `first` and `last`, at most `count` intervals. */
export function axisSteps(first, last, count) {
  const span = Math.max(1, last - first);
  const power = 10 ** Math.floor(Math.log10(span / count));
  const by = Math.max(1, [1, 2, 5, 10].map((one) => one * power).find((one) => span / one <= count) ?? span);
  const found = [];
  for (let step = Math.ceil(first / by) * by; step <= last; step += by) found.push(step);
  return found;
}
