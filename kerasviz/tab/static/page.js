/** The page: its state, its parts, and when they are drawn. */

import { addressOf, stateInAddress } from "./address.js";
import { Comparison } from "./comparison.js";
import { Curves } from "./curves.js";
import { el, say } from "./element.js";
import { emptyPage } from "./empty.js";
import { ExportForm } from "./export_form.js";
import { Frames } from "./frames.js";
import { Grid, SIZES } from "./grid.js";
import { keysHelp, listen } from "./keys.js";
import { allSteps, Log } from "./log.js";
import { Player } from "./player.js";
import { Playhead } from "./playhead.js";
import { placesAround } from "./prefetch.js";
import { TileView } from "./tile_view.js";
import { Toolbar } from "./toolbar.js";
import { Transport } from "./transport.js";

export class Page {
  log = new Log();
  frames = new Frames(() => this.tiles.isOpen && this.drawSoon());
  playhead = new Playhead();
  compare = new Comparison(() => this.drawSoon());
  filter = "";
  size = "medium";
  #isDrawing = false;
  #linked = stateInAddress();

  constructor() {
    this.#takeAddress();
    const { dialog, button } = keysHelp();
    this.keys = dialog;
    this.grid = new Grid(this);
    this.tiles = new TileView(this);
    this.curves = new Curves(this);
    this.exportForm = new ExportForm(this);
    this.toolbar = new Toolbar(this, button);
    this.transport = new Transport(this.playhead);
    this.note = el("p", { class: "remark", role: "status", hidden: true });
    this.body = el("main", {}, this.grid.element, this.tiles.element, this.curves.element);
    this.empty = emptyPage();
    const parts = [this.toolbar.element, this.note, this.body, this.empty, this.transport.element];
    this.element = el("div", { class: "page" }, ...parts, dialog, this.exportForm.dialog);
    const isReady = (step) => this.pictures.every((picture) => picture.isReady(step));
    this.player = new Player(this.playhead, isReady, () => this.#draw());
    this.playhead.addEventListener("change", () => this.drawSoon());
    // Until the index is here nothing is known, not even that the log is empty.
    for (const part of [this.body, this.empty, this.toolbar.element, this.transport.element])
      part.hidden = true;
    listen(this);
  }

  /** Take what the log holds now. */
  update(index) {
    this.log.update(index);
    this.#arrange();
    const { tag, tile } = this.#linked;
    if (tag !== undefined && this.log.filtered("").some((one) => one.tag === tag)) {
      this.#linked = {};
      this.openTile(tag, tile === undefined ? null : Number(tile));
    }
  }

  /** Say something about the log, or that nothing answers; nothing where the sentence is null. */
  remark(sentence) {
    this.note.hidden = sentence === null;
    say(this.note, sentence ?? "");
  }

  /** The pictures on the screen. */
  get pictures() {
    return this.tiles.isOpen ? this.tiles.pictures : this.grid.visible.map(({ picture }) => picture);
  }

  /** Draw at the next frame of the screen, once for all that has changed until then. */
  drawSoon() {
    if (this.#isDrawing) return;
    this.#isDrawing = true;
    requestAnimationFrame(() => {
      this.#isDrawing = false;
      this.#draw();
    });
  }

  #draw() {
    const { step } = this.playhead;
    this.transport.update();
    if (this.tiles.isOpen) this.tiles.draw(step);
    else for (const panel of this.grid.visible) panel.draw(step);
    this.curves.moved();
    this.frames.ahead(placesAround(this.pictures, this.playhead, this.frames.budget, this.tiles.wanted));
  }

  #arrange() {
    const series = this.log.filtered(this.filter);
    const { isEmpty } = this.log;
    this.empty.hidden = !isEmpty;
    for (const part of [this.body, this.toolbar.element, this.transport.element]) part.hidden = isEmpty;
    this.playhead.setSteps(
      allSteps(
        this.tiles.isOpen ? this.log.filtered("").filter(({ tag }) => tag === this.tiles.tag) : series,
      ),
    );
    this.grid.update(series);
    if (this.tiles.isOpen) this.tiles.rebuild();
    this.curves.update();
    this.toolbar.update();
    this.drawSoon();
  }

  setFilter(filter) {
    this.filter = filter;
    this.#arrange();
  }

  setSize(size) {
    this.size = size;
    this.#arrange();
  }

  setCompare(compare) {
    this.compare.set(compare);
    this.#arrange();
  }

  nextCompare() {
    this.setCompare(this.toolbar.nextCompare);
  }

  get isTileOpen() {
    return this.tiles.isOpen;
  }

  openTile(tag, tile) {
    if (!this.tiles.isOpen) this.returnTo = { focus: document.activeElement, scroll: this.body.scrollTop };
    this.tiles.open(tag, tile);
    this.#showTiles(true);
  }

  stepTile(by) {
    const { tag, tile, count } = this.tiles;
    if (tile !== null) this.openTile(tag, Math.max(0, Math.min(Math.max(0, count - 1), tile + by)));
  }

  closeTile() {
    this.tiles.close();
    this.#showTiles(false);
    this.body.scrollTop = this.returnTo.scroll;
    this.returnTo.focus?.focus();
  }

  #showTiles(isOpen) {
    if (isOpen && !this.grid.element.hidden) this.body.scrollTop = 0;
    this.grid.element.hidden = isOpen;
    this.#arrange();
  }

  openExport(what) {
    this.exportForm.open(what);
  }

  focusFilter() {
    this.toolbar.filter.select();
  }

  showKeys() {
    this.keys.showModal();
  }

  /** The address that opens the tab as it is now. */
  get link() {
    const { step, speed } = this.playhead;
    const { mode, run } = this.compare;
    const { isOpen, tag, tile } = this.tiles;
    const shown = mode === "none" ? null : mode;
    const open = isOpen ? { tag, tile } : {};
    return addressOf({ step, speed, filter: this.filter, show: shown, with: run, size: this.size, ...open });
  }

  #takeAddress() {
    const { step, speed, filter, show, with: run, size } = this.#linked;
    if (speed) this.playhead.speed = Math.min(30, Math.max(1, Number(speed) || 12));
    if (filter) this.filter = filter;
    if (size in SIZES) this.size = size;
    if (["first", "previous", "run"].includes(show)) this.compare.set({ mode: show, run: run ?? null });
    if (step !== undefined && Number.isFinite(Number(step))) {
      Object.assign(this.playhead, { follow: false, step: Number(step) });
    }
  }
}
