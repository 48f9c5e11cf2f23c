/** The one playhead of the page: a training step, moved by a person, by playing, or by following a run. */

import { nearestPlace, placeAt } from "./log.js";

export const SLOWEST = 1;
export const FASTEST = 30;

export class Playhead extends EventTarget {
  steps = [];
  step = 0;
  playing = false;
  /** Who wants less motion has a film end. */
  loop = !window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  follow = true;
  speed = 12;

  /** The number of the frame at the playhead among all steps. */
  get at() {
    return Math.max(0, placeAt(this.steps, this.step));
  }

  get first() {
    return this.steps[0] ?? 0;
  }

  get last() {
    return this.steps.at(-1) ?? 0;
  }

  /** Take the steps that there are now. What follows goes to the end; else the playhead stays where it is. */
  setSteps(steps) {
    this.steps = steps;
    if (this.follow) this.step = this.last;
    this.#changed();
  }

  /** A person moves the playhead to any step: it no longer follows. */
  go(step) {
    this.follow = false;
    this.step = Math.min(this.last, Math.max(this.first, step));
    this.#changed();
  }

  /** A person moves the playhead to the frame nearest to a step. */
  goNear(step) {
    if (this.steps.length > 0) this.go(this.steps[nearestPlace(this.steps, step)]);
  }

  /** A person moves the playhead by frames. */
  by(frames) {
    const place = Math.min(this.steps.length - 1, Math.max(0, this.at + frames));
    if (this.steps.length > 0) this.go(this.steps[place]);
  }

  toggle() {
    if (this.playing) this.pause();
    else this.play();
  }

  play() {
    if (this.steps.length < 2) return;
    this.follow = false;
    if (this.step >= this.last) this.step = this.first;
    this.playing = true;
    this.#changed();
  }

  pause() {
    this.playing = false;
    this.#changed();
  }

  setFollow(follow) {
    this.follow = follow;
    if (follow) {
      this.playing = false;
      this.step = this.last;
    }
    this.#changed();
  }

  setLoop(loop) {
    this.loop = loop;
    this.#changed();
  }

  setSpeed(speed) {
    this.speed = Math.min(FASTEST, Math.max(SLOWEST, Math.round(speed)));
    this.#changed();
  }

  /** The step that playing shows next; null at the end. */
  get next() {
    if (this.at + 1 < this.steps.length) return this.steps[this.at + 1];
    return this.loop ? this.first : null;
  }

  /** Playing goes on by one frame, and stops at the end. */
  advance() {
    if (this.next === null) this.playing = false;
    else this.step = this.next;
    this.#changed();
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}
