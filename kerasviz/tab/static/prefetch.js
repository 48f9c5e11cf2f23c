/** Which frames to fetch before they are needed: those that playing or a person comes to next. */

/** Of the memory for frames, the part that may be filled ahead; the rest is for what was seen. */
const SHARE = 0.5;
const LEAST = 4;
const MOST = 48;
/** Behind the playhead, for a person who goes back. */
const BEHIND = 6;

/** Return `[series, at]`, the nearest in time first, all pictures taking turns; `also` comes last. */
export function placesAround(pictures, playhead, budget, also) {
  if (pictures.length === 0 || playhead.steps.length === 0) return [];
  const bytes = pictures.reduce(
    (sum, { series }) => sum + (series ? series.width * series.height * 4 : 0),
    0,
  );
  const reach = Math.max(LEAST, Math.min(MOST, Math.floor((SHARE * budget) / Math.max(1, bytes))));
  const found = new Map();
  for (const place of placesNear(playhead, reach)) {
    for (const picture of pictures) {
      for (const [series, at] of picture.needs(playhead.steps[place]))
        found.set(`${series.id}\n${at}`, [series, at]);
    }
  }
  return [...found.values(), ...also];
}

/** The playhead, what comes after it (round the end where it loops), and a few before it. */
function placesNear({ at, steps, loop, playing }, reach) {
  const count = steps.length;
  const after = Array.from({ length: Math.min(reach, count) }, (_, i) => at + i);
  const ahead =
    playing && loop ? after.map((place) => place % count) : after.filter((place) => place < count);
  const behind = Array.from({ length: BEHIND }, (_, i) => at - 1 - i).filter((place) => place >= 0);
  return [...ahead, ...behind];
}
