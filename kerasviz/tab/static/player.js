/** Moves the playhead while it plays: at the speed asked for, and never to a frame that is not there yet. */

/** After so many milliseconds the frames that are waited for are asked for again: an answer may have been lost. */
const PATIENCE = 1000;

export class Player {
  #due = 0;
  #asked = false;

  /** `isReady(step)` tells whether every panel on the screen could be drawn at a step, `draw()` draws them. */
  constructor(playhead, isReady, draw) {
    Object.assign(this, { playhead, isReady, draw });
    playhead.addEventListener("change", () => this.#start());
  }

  #start() {
    if (!this.playhead.playing || this.#asked) return;
    this.#due = performance.now() + 1000 / this.playhead.speed;
    this.#ask();
  }

  #ask() {
    this.#asked = true;
    requestAnimationFrame((now) => this.#tick(now));
  }

  #askAgain(now) {
    this.#due = now;
    this.draw();
  }

  #tick(now) {
    this.#asked = false;
    const { playhead } = this;
    if (!playhead.playing) return;
    this.#ask();
    // A screen's frame that comes a little early counts: else 30 a second would be 20 on a screen of 60.
    if (now < this.#due - 4) return;
    if (playhead.next !== null && !this.isReady(playhead.next)) {
      if (now > this.#due + PATIENCE) this.#askAgain(now);
      return;
    }
    const period = 1000 / playhead.speed;
    // After a wait the film goes on from here; it does not run to catch up.
    this.#due = now - this.#due > 2 * period ? now + period : this.#due + period;
    playhead.advance();
    // Now, not with the screen's next frame: on a slow machine that may already be the film's next one, too.
    this.draw();
  }
}
