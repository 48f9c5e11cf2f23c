/** Asks for the index every second, so that new frames appear as they are written. */

import { IndexSource, Refused } from "./server.js";

const EVERY = 1000;

/** Poll for ever; `page.update` takes what is new. */
export async function live(page) {
  const source = new IndexSource();
  for (;;) {
    // A page that nobody sees asks for nothing.
    if (!document.hidden) await once(source, page);
    await new Promise((resolve) => setTimeout(resolve, EVERY));
  }
}

async function once(source, page) {
  try {
    const index = await source.next();
    if (index) page.update(index);
    page.remark(page.log.note);
    if (page.isAway) page.drawSoon();
    page.isAway = false;
  } catch (error) {
    page.isAway = true;
    page.remark(
      error instanceof Refused ? error.message : "TensorBoard does not answer; asking again every second.",
    );
  }
}
