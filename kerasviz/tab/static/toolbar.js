/** The bar at the top: filter, what is shown, how large, link and keys. */

import { copyText } from "./copy.js";
import { el, mark, say } from "./element.js";
import { countText } from "./format.js";
import { SIZES } from "./grid.js";
import { icon } from "./icons.js";

const MODES = {
  none: "pictures",
  first: "difference to the first frame",
  previous: "difference to the frame before",
};

export class Toolbar {
  constructor(page, keysButton) {
    this.page = page;
    this.filter = el("input", {
      type: "search",
      placeholder: "Filter tags and runs",
      "aria-label": "Filter tags and runs",
      value: page.filter,
      on: { input: () => page.setFilter(this.filter.value) },
    });
    this.compare = el("select", {
      "aria-label": "Show",
      on: { change: () => page.setCompare(this.#chosen()) },
    });
    const sizes = Object.keys(SIZES).map((size) => this.#sizeButton(size));
    this.sizes = el("div", { class: "sizes", role: "group", "aria-label": "Size of the panels" }, ...sizes);
    this.count = el("span", { class: "count" });
    const word = el("span", {}, "Copy link");
    const link = {
      type: "button",
      title: "A link that opens the tab as it is now",
      on: { click: () => copyText(page.link, word) },
    };
    this.element = el(
      "header",
      { class: "toolbar" },
      this.filter,
      el("label", { class: "compare" }, el("span", {}, "Show"), this.compare),
      this.sizes,
      this.count,
      el("button", link, icon("link"), word),
      keysButton,
    );
  }

  update() {
    const { log, compare, size } = this.page;
    this.#fillCompare();
    this.compare.value = compare.mode === "run" ? `run ${compare.run}` : compare.mode;
    for (const button of this.sizes.children) mark(button, "aria-pressed", button.dataset.size === size);
    if (this.filter.value !== this.page.filter) this.filter.value = this.page.filter;
    const shown = log.filtered(this.page.filter);
    const runs = new Set(shown.map(({ run }) => run)).size;
    const tags = new Set(shown.map(({ tag }) => tag)).size;
    say(this.count, `${countText(tags, "tag")}, ${countText(runs, "run")}`);
  }

  #sizeButton(size) {
    const attributes = {
      type: "button",
      "data-size": size,
      title: `${size} panels`,
      "aria-label": `${size} panels`,
    };
    return el(
      "button",
      { ...attributes, on: { click: () => this.page.setSize(size) } },
      size[0].toUpperCase(),
    );
  }

  /** The ways to compare; the select keeps its options while they stay the same, as a person may have it open. */
  #fillCompare() {
    const { compare } = this.page;
    const runs = new Set(this.page.log.filtered("").map(({ run }) => run));
    const others = runs.size > 1 ? [...runs] : [];
    if (compare.mode === "run" && !others.includes(compare.run)) others.push(compare.run);
    const options = [
      ...Object.entries(MODES),
      ...others.map((run) => [`run ${run}`, `difference to ${run}`]),
    ];
    const names = JSON.stringify(options);
    if (this.compare.dataset.names === names) return;
    this.compare.dataset.names = names;
    this.compare.replaceChildren(...options.map(([value, text]) => el("option", { value }, text)));
  }

  #chosen() {
    const { value } = this.compare;
    return value in MODES ? { mode: value, run: null } : { mode: "run", run: value.slice("run ".length) };
  }

  /** The way to compare after the present one. */
  get nextCompare() {
    const { options, selectedIndex } = this.compare;
    this.compare.value = options[(selectedIndex + 1) % options.length].value;
    return this.#chosen();
  }
}
