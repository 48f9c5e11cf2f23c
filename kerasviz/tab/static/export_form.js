/** The form for a file of what is seen: a film of a tag or of one filter, or a picture of one frame. */

import { el, say } from "./element.js";
import { bytesText, countText } from "./format.js";
import { iconButton } from "./icons.js";
import { ask } from "./server.js";

const FORMATS = { gif: "GIF", apng: "APNG", webp: "WebP", mp4: "MP4", png: "PNG, one frame" };
const SCALES = [1, 2, 3, 4, 6, 8, 12, 16];
/** A person is still typing: no need to ask for every digit. */
const PAUSE = 250;

export class ExportForm {
  #asked = 0;
  #source = null;

  constructor(page) {
    this.page = page;
    this.what = el("p", { class: "what" });
    this.format = select(FORMATS);
    this.tile = el("input", { type: "number", min: 0, placeholder: "whole picture" });
    this.first = el("input", { type: "number" });
    this.last = el("input", { type: "number" });
    this.step = el("input", { type: "number" });
    this.speed = el("input", { type: "number", min: 1, max: 30 });
    this.scale = select(Object.fromEntries(SCALES.map((scale) => [scale, `${scale} \u00d7`])));
    this.caption = el("input", { type: "checkbox", checked: true });
    this.estimate = el("p", { class: "estimate", role: "status" });
    this.save = el("button", { type: "submit", class: "primary" }, "Save");
    this.dialog = this.#makeDialog();
  }

  /** Open the form for a tag of a run, and for one of its tiles where it is not null. */
  open({ run, tag, tile }) {
    const { page } = this;
    const series = page.log.series(run, tag);
    this.#source = { run, tag };
    say(this.what, `${tag} of ${run}`);
    this.tile.value = tile ?? "";
    this.first.value = series.steps[0];
    this.last.value = series.steps.at(-1);
    this.step.value = page.playhead.step;
    this.speed.value = page.playhead.speed;
    this.scale.value = tile === null ? 1 : 8;
    this.#changed();
    this.dialog.showModal();
  }

  #makeDialog() {
    this.filmFields = [
      field("First step", this.first),
      field("Last step", this.last),
      field("Frames a second", this.speed),
    ];
    this.stepField = field("Step", this.step);
    const close = iconButton("close", "Close", () => this.dialog.close());
    const form = el(
      "form",
      { on: { submit: (event) => this.#submit(event), input: () => this.#changed() } },
      el("header", {}, el("h2", { id: "export-title" }, "Export"), close),
      this.what,
      el(
        "div",
        { class: "form-fields" },
        field("Format", this.format),
        field("Filter", this.tile),
        ...this.filmFields,
        this.stepField,
        field("Enlarged", this.scale),
        field("Caption with step and scale", this.caption, "check"),
      ),
      el("footer", {}, this.estimate, this.save),
    );
    return el("dialog", { class: "export", "aria-labelledby": "export-title" }, form);
  }

  get #parameters() {
    const isPicture = this.format.value === "png";
    const film = { first: this.first.value, last: this.last.value, fps: this.speed.value };
    return {
      ...this.#source,
      tile: this.tile.value === "" ? "none" : this.tile.value,
      ...(isPicture ? { step: this.step.value } : film),
      format: this.format.value,
      caption: this.caption.checked ? 1 : 0,
      scale: this.scale.value,
    };
  }

  #changed() {
    const isPicture = this.format.value === "png";
    this.stepField.hidden = !isPicture;
    for (const one of this.filmFields) one.hidden = isPicture;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.#estimate(), PAUSE);
  }

  async #estimate() {
    this.#asked += 1;
    const asked = this.#asked;
    let sentence;
    try {
      const { frames, bytes, width, height } = await (await ask("estimate", this.#parameters)).json();
      const size = `${width} \u00d7 ${height} pixels`;
      sentence = `${countText(frames, "frame")} of ${size}, about ${bytesText(bytes)}`;
    } catch (error) {
      sentence = error.message;
    }
    // An answer to what was asked before is of no use any more.
    if (asked === this.#asked) say(this.estimate, sentence);
  }

  async #submit(event) {
    event.preventDefault();
    this.save.disabled = true;
    say(this.save, "Drawing\u2026");
    try {
      const response = await ask("export", this.#parameters);
      saveFile(await response.blob(), nameIn(response) ?? `kerasviz.${this.format.value}`);
      this.dialog.close();
    } catch (error) {
      say(this.estimate, error.message);
    } finally {
      this.save.disabled = false;
      say(this.save, "Save");
    }
  }
}

function select(texts) {
  return el("select", {}, ...Object.entries(texts).map(([value, text]) => el("option", { value }, text)));
}

function field(text, control, kind = "field") {
  // A select would be called by its label and all of its choices.
  control.setAttribute("aria-label", text);
  return el("label", { class: kind }, el("span", {}, text), control);
}

function nameIn(response) {
  return /filename="?([^";]+)"?/.exec(response.headers.get("Content-Disposition") ?? "")?.[1];
}

function saveFile(blob, name) {
  const url = URL.createObjectURL(blob);
  const link = el("a", { href: url, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
