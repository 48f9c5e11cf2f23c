/** The bar at the bottom: play, loop, speed, the slider, the step, follow. */

import { el, mark, say } from "./element.js";
import { wholeText } from "./format.js";
import { changeIcon, icon, iconButton } from "./icons.js";
import { FASTEST, SLOWEST } from "./playhead.js";
import { Slider } from "./slider.js";

export class Transport {
  constructor(playhead) {
    this.playhead = playhead;
    this.slider = new Slider(playhead);
    this.play = iconButton("play", "Play", () => playhead.toggle(), { class: "icon-button play" });
    this.loop = iconButton("loop", "Loop", () => playhead.setLoop(!playhead.loop));
    this.follow = el(
      "button",
      {
        type: "button",
        class: "follow",
        "aria-label": "Follow",
        title: "Stay at the newest frame",
        on: { click: () => playhead.setFollow(!playhead.follow) },
      },
      icon("follow"),
      el("span", {}, "Follow"),
    );
    this.#makeFields();
    this.element = el(
      "div",
      { class: "transport", role: "group", "aria-label": "Playing" },
      el(
        "div",
        { class: "buttons" },
        iconButton("first", "First frame", () => playhead.go(playhead.first)),
        iconButton("back", "Frame before", () => playhead.by(-1)),
        this.play,
        iconButton("on", "Next frame", () => playhead.by(1)),
        iconButton("last", "Last frame", () => playhead.go(playhead.last)),
        this.loop,
      ),
      this.slider.element,
      el("div", { class: "fields" }, this.stepField, this.speedField, this.follow),
    );
  }

  #makeFields() {
    const { playhead } = this;
    const go = () => {
      const step = Number.parseInt(this.step.value.replace(/[^0-9-]/g, ""), 10);
      if (!Number.isNaN(step)) playhead.go(step);
      this.step.value = wholeText(playhead.step);
    };
    const pressed = ({ key }) => key === "Enter" && go();
    const known = { type: "text", inputmode: "numeric", size: "7", "aria-label": "Step" };
    this.step = el("input", {
      ...known,
      on: { change: go, keydown: pressed, focus: () => this.step.select() },
    });
    this.place = el("span", { class: "place" });
    this.stepField = el("label", { class: "step" }, el("span", {}, "Step"), this.step, this.place);
    this.speed = el("input", {
      type: "range",
      min: SLOWEST,
      max: FASTEST,
      "aria-label": "Frames a second",
      on: { input: () => playhead.setSpeed(Number(this.speed.value)) },
    });
    this.speedText = el("span", { class: "speed-text" });
    this.speedField = el("label", { class: "speed", title: "Frames a second" }, this.speed, this.speedText);
  }

  update() {
    const { playing, loop, follow, speed, step, steps, at } = this.playhead;
    changeIcon(this.play, playing ? "pause" : "play");
    mark(this.play, "aria-label", playing ? "Pause" : "Play");
    mark(this.play, "title", playing ? "Pause (Space)" : "Play (Space)");
    mark(this.loop, "aria-pressed", loop);
    mark(this.follow, "aria-pressed", follow);
    if (document.activeElement !== this.step || playing) this.step.value = wholeText(step);
    // As wide as its longest text, so that nothing moves while it plays.
    this.place.style.minWidth = `${2 * String(steps.length).length + 3}ch`;
    say(this.place, `${at + 1} / ${steps.length}`);
    mark(this.place, "title", `frame ${at + 1} of ${steps.length}`);
    this.speed.value = speed;
    say(this.speedText, `${speed} fps`);
    this.slider.update();
  }
}
