/** One filter, large, in all runs, each with its own history; in place of the grid while it is open. */

import { Caption } from "./caption.js";
import { el, mark, say } from "./element.js";
import { History } from "./history.js";
import { icon, iconButton } from "./icons.js";
import { Picture } from "./picture.js";

const LARGEST = 400;
const GAP = 24;

export class TileView {
  element = el("section", { class: "tile-view", hidden: true, "aria-label": "One filter" });
  tag = null;
  tile = null;
  #views = [];

  constructor(page) {
    this.page = page;
    const back = el("button", { type: "button", on: { click: () => page.closeTile() } }, "All panels");
    back.prepend(icon("back"));
    this.title = el("h1", { tabindex: "-1" });
    this.before = iconButton("back", "Filter before (\u2191)", () => page.stepTile(-1));
    this.after = iconButton("on", "Next filter (\u2193)", () => page.stepTile(1));
    this.arrows = el("span", { class: "arrows" }, this.before, this.after);
    this.views = el("div", { class: "views" });
    this.element.append(el("header", {}, back, this.title, this.arrows), this.views);
    new ResizeObserver(() => this.#layout()).observe(this.views);
  }

  get isOpen() {
    return !this.element.hidden;
  }

  /** The pictures that must be there before playing goes on. */
  get pictures() {
    return this.#views.map(({ picture }) => picture);
  }

  /** The frames of the histories that are still to be fetched. */
  get wanted() {
    return this.isOpen ? this.#views.flatMap(({ history }) => history.wanted) : [];
  }

  /** Show a tile of a tag, or its whole frames where the tile is null. */
  open(tag, tile) {
    const isNew = !this.isOpen || tag !== this.tag;
    Object.assign(this, { tag, tile });
    this.element.hidden = false;
    if (isNew) this.rebuild();
    for (const { picture, history } of this.#views) {
      picture.tile = tile;
      history.setTile(tile);
    }
    this.#describe();
    if (isNew) this.title.focus({ preventScroll: true });
    this.#layout();
  }

  close() {
    this.element.hidden = true;
    this.#views = [];
    this.views.replaceChildren();
  }

  /** Take the runs that have the tag now. */
  rebuild() {
    const series = this.page.log.filtered("").filter(({ tag }) => tag === this.tag);
    const names = series.map(({ run }) => run);
    const same = this.#views.length === names.length && this.#views.every(({ run }, i) => run === names[i]);
    if (!same) {
      this.#views = series.map(({ run }) => this.#view(run));
      this.views.replaceChildren(...this.#views.map(({ element }) => element));
    }
    for (const { history } of this.#views) history.update();
    this.#layout();
  }

  /** The number of tiles, 0 where the frames have none or are not here yet. */
  get count() {
    return this.#views[0]?.picture.shown?.frame?.tiles?.count ?? 0;
  }

  draw(step) {
    for (const { picture, caption, history, element } of this.#views) {
      const shown = picture.draw(step);
      mark(element, "aria-busy", !picture.isCurrent);
      if (picture.isCurrent) caption.update(shown, step);
      history.draw(step);
    }
    this.#describe();
    this.#layout();
  }

  #describe() {
    const of = this.count > 0 ? ` of 0\u2013${this.count - 1}` : "";
    say(this.title, this.tile === null ? this.tag : `${this.tag}, filter ${this.tile}${of}`);
    this.arrows.hidden = this.tile === null;
    this.before.disabled = this.tile === 0;
    this.after.disabled = this.count > 0 && this.tile === this.count - 1;
  }

  #view(run) {
    const { page, tag, tile } = this;
    const picture = new Picture(page, run, tag, tile);
    const save = iconButton("save", `Export ${run}`, () => page.openExport({ run, tag, tile: this.tile }));
    const caption = new Caption(page, run, tag, save);
    const history = new History(page, run, tag, tile);
    const stage = el("div", { class: "stage crisp" }, picture.canvas);
    picture.canvas.setAttribute("role", "img");
    picture.canvas.setAttribute("aria-label", `${tag} of ${run}, large`);
    const element = el("figure", { class: "view", "data-run": run }, stage, caption.element, history.element);
    return { run, picture, caption, history, stage, element };
  }

  #layout() {
    const room = this.views.clientWidth;
    if (room === 0 || this.#views.length === 0) return;
    const share = Math.floor((room - GAP * (this.#views.length - 1)) / this.#views.length);
    const column = Math.max(160, Math.min(LARGEST, share));
    this.views.style.setProperty("--column", `${column}px`);
    for (const { picture, stage } of this.#views) {
      picture.column = column;
      const { width, height, css } = picture.fit;
      stage.style.width = `${width * css}px`;
      stage.style.height = `${height * css}px`;
      stage.classList.toggle("crisp", css >= 1);
    }
  }
}
