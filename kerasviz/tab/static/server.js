/** What the page asks of TensorBoard: addresses below the plugin's own, and errors as the sentences it sends. */

const ROOT = new URL("../", import.meta.url);

/** An answer that is no success; the message is the server's own sentence. */
export class Refused extends Error {
  constructor(status, sentence) {
    super(sentence);
    this.status = status;
  }
}

/** The address of a route; a list among the parameters is repeated, null is left out. */
export function address(route, parameters = {}) {
  const url = new URL(route, ROOT);
  for (const [name, value] of Object.entries(parameters)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== null && one !== undefined) url.searchParams.append(name, one);
    }
  }
  return url.href;
}

/** The answer of a route. Throws `Refused`, or a TypeError where nothing answers. */
export async function ask(route, parameters = {}) {
  const response = await fetch(address(route, parameters));
  if (!response.ok) throw new Refused(response.status, (await response.text()).trim());
  return response;
}

/** Asks for the index again and again; null where it has not changed since the last time. */
export class IndexSource {
  #etag = null;

  async next() {
    const headers = this.#etag ? { "If-None-Match": this.#etag } : {};
    const response = await fetch(address("index"), { headers, cache: "no-store" });
    if (response.status === 304) return null;
    if (!response.ok) throw new Refused(response.status, (await response.text()).trim());
    this.#etag = response.headers.get("ETag");
    return response.json();
  }
}
