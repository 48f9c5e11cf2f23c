/** The lines below a picture: which run and tag, which step, on which scale, and what was clipped. */

import { GRADIENT } from "./diverging.js";
import { el, mark, say } from "./element.js";
import { shareText, valueText, wholeText } from "./format.js";

/** A difference of so many levels of the log has colours fine enough. */
const FINE = 10;
const GREYS = "linear-gradient(to right, #000, #fff)";

export class Caption {
  #when = el("p", { class: "when" });
  #low = el("span");
  #high = el("span");
  #ramp = el("span", { class: "ramp", "aria-hidden": "true" });
  #remarks = el("span", { class: "remarks" });
  #scale = el("p", { class: "scale" }, this.#low, this.#ramp, this.#high, this.#remarks);

  /** `page` gives the colour of the run; `actions` are buttons at the end of the first line. */
  constructor(page, run, tag, ...actions) {
    this.page = page;
    this.run = run;
    const dot = el("span", {
      class: "dot",
      style: `background:${page.log.colorOf(run)}`,
      "aria-hidden": "true",
    });
    const names = el(
      "span",
      { class: "names", title: `${run}\n${tag}` },
      el("b", {}, run),
      el("span", {}, tag),
    );
    this.element = el(
      "figcaption",
      {},
      el("div", { class: "who" }, dot, names, ...actions),
      this.#when,
      this.#scale,
    );
  }

  /** Say what a picture shows; `shown` as `Picture.shown`. Every line keeps its place, so that nothing jumps. */
  update(shown, step) {
    const notice = shown === null ? `no frame before step ${wholeText(step)}` : this.#notice(shown, step);
    say(this.#when, [whenText(shown, this.page.compare, this.run), notice].filter(Boolean).join(" · "));
    say(this.#remarks, [clippedText(shown), beyondText(shown), grainText(shown)].filter(Boolean).join(" · "));
    mark(this.#when, "title", this.#when.textContent);
    this.#when.classList.toggle("notice", Boolean(notice));
    const [low, high, gradient] = ends(shown);
    say(this.#low, low);
    say(this.#high, high);
    mark(this.#ramp, "style", gradient ? `background:${gradient}` : "visibility:hidden");
  }

  /** What a person could otherwise take for something else. */
  #notice(shown, step) {
    const { mode, run } = this.page.compare;
    if (shown.reason) return shown.reason;
    if (mode === "run" && shown.other === null) {
      return run === this.run ? "the run compared with" : "not in the run compared with: shown as it is";
    }
    if (mode === "previous" && shown.frame === shown.other) return "the first frame";
    if (shown.step < step) return `none at ${wholeText(step)}, nearest before`;
    return "";
  }

  /** The same as one sentence, for screen readers. */
  get text() {
    const scale = [this.#low, this.#high]
      .map(({ textContent }) => textContent)
      .filter(Boolean)
      .join(" to ");
    return [this.#when.textContent, scale, this.#remarks.textContent].filter(Boolean).join("; ");
  }
}

function whenText(shown, compare, run) {
  if (shown === null) return "";
  const step = `step ${wholeText(shown.step)}`;
  if (!shown.other || shown.reason) return step;
  const of = compare.mode === "run" && compare.run !== run ? ` of ${compare.run}` : "";
  return `${step} \u2212 step ${wholeText(shown.other.step)}${of}`;
}

function clippedText(shown) {
  if (shown === null || shown.frame.broken) return "";
  const shares = [shown.frame.clipped, shown.other?.clipped].filter((share) => typeof share === "number");
  if (shares.every((share) => share === 0)) return "";
  return `${[...new Set(shares.map(shareText))].join(" and ")} clipped`;
}

/** That a few pixels differ by more than the colours tell. */
function beyondText(shown) {
  return shown?.beyond > 0 ? `${shareText(shown.beyond)} beyond` : "";
}

/** That a log holds 256 levels, where that is seen: steps in the colours, small differences as none. */
function grainText(shown) {
  const isSeen = shown?.grain > 0 && shown.inValues && shown.end < FINE * shown.grain;
  return isSeen ? `levels ${valueText(shown.grain)} apart` : "";
}

/** The values at both ends of the colour bar, and its colours; no colours where no scale is known. */
function ends(shown) {
  if (shown === null || shown.frame.broken) return ["", "", null];
  if (shown.other && !shown.reason) {
    const unit = shown.inValues ? "" : " levels";
    if (shown.end === 0) return [`no difference${unit && ` in${unit}`}`, "", null];
    return [`\u2212${valueText(shown.end)}`, `+${valueText(shown.end)}${unit}`, GRADIENT];
  }
  const { scale } = shown.frame;
  if (scale === null) return ["no scale recorded", "", null];
  return [
    valueText(scale.low),
    valueText(scale.high),
    scale.colormap === "gray" || scale.colormap === "rgb" ? GREYS : null,
  ];
}
