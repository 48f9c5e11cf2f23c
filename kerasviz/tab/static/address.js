/** The state of the tab as part of TensorBoard's address, so that a link opens the tab as it is now. */

const PREFIX = "p.kerasviz.";

/** What the address says, texts by name; nothing where it says nothing. */
export function stateInAddress() {
  const state = {};
  for (const part of hostLocation().hash.slice(1).split("&")) {
    const [name, ...value] = part.split("=");
    if (name.startsWith(PREFIX)) state[name.slice(PREFIX.length)] = decoded(value.join("="));
  }
  return state;
}

/** The address of a state; what is null or empty is left out. */
export function addressOf(state) {
  const said = Object.entries(state).filter(([, value]) => value !== null && value !== "");
  const parts = said.map(([name, value]) => `${PREFIX}${name}=${encodeURIComponent(value)}`);
  const { origin, pathname, search } = hostLocation();
  return `${origin}${pathname}${search}#${["kerasviz", ...parts].join("&")}`;
}

/** TensorBoard's own location: the tab is a frame in it. */
function hostLocation() {
  try {
    return new URL(window.parent.location.href);
  } catch {
    return new URL(window.location.href);
  }
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
