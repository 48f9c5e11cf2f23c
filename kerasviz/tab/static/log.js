/** What the log holds: the series of frames by run and tag, as the index says. */

/** How many colours `theme.css` has for runs. */
const RUN_COLORS = 7;

export class Log {
  runs = [];
  note = null;
  version = null;
  #series = new Map();
  #scalars = new Map();

  /** Take a new index. A series that did not change stays the same object. */
  update(index) {
    const before = this.#series;
    this.#series = new Map();
    this.#scalars = new Map();
    this.note = index.note;
    this.version = index.version;
    this.runs = index.runs.map((one) => one.run);
    for (const { run, tags, scalars } of index.runs) {
      for (const tag of tags) {
        const id = idOf(run, tag.tag);
        const old = before.get(id);
        this.#series.set(id, old && same(old, tag) ? old : { ...tag, run, id });
      }
      for (const scalar of scalars) {
        this.#scalars.set(scalar, [...(this.#scalars.get(scalar) ?? []), run]);
      }
    }
  }

  /** The frames of a tag in a run, undefined where there are none. */
  series(run, tag) {
    return this.#series.get(idOf(run, tag));
  }

  /** Every series whose run and tag hold each word of the filter. */
  filtered(filter) {
    const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
    const found = [...this.#series.values()];
    return found.filter(({ run, tag }) => {
      const name = `${run} ${tag}`.toLowerCase();
      return words.every((word) => name.includes(word));
    });
  }

  get isEmpty() {
    return this.#series.size === 0;
  }

  /** The scalar tags, each with the runs that have it. */
  get scalars() {
    return this.#scalars;
  }

  /** The colour of a run, in CSS: in all places the same. */
  colorOf(run) {
    return `var(--run-${Math.max(0, this.runs.indexOf(run)) % RUN_COLORS})`;
  }
}

/** The place of the last of the rising `steps` that is not after `step`; -1 where there is none. */
export function placeAt(steps, step) {
  let low = 0;
  let high = steps.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (steps[middle] <= step) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** The place of the one of the rising `steps` that is nearest to `step`. */
export function nearestPlace(steps, step) {
  const at = placeAt(steps, step);
  if (at < 0) return 0;
  if (at + 1 === steps.length) return at;
  return steps[at + 1] - step < step - steps[at] ? at + 1 : at;
}

/** All steps of several series, rising, each once. */
export function allSteps(series) {
  const found = new Set();
  for (const { steps } of series) for (const step of steps) found.add(step);
  return [...found].sort((a, b) => a - b);
}

function same(old, tag) {
  const count = tag.steps.length;
  if (old.steps.length !== count || old.width !== tag.width || old.height !== tag.height) return false;
  return old.versions.every((version, i) => version === tag.versions[i] && old.steps[i] === tag.steps[i]);
}

function idOf(run, tag) {
  return JSON.stringify([run, tag]);
}
