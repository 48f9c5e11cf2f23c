/** Copying to the clipboard, with a word that it was done. */

import { say } from "./element.js";

/** Copy a text; `told` is the element that says so for a moment. */
export async function copyText(text, told) {
  const before = told.textContent;
  say(told, (await wasCopied(text)) ? "Copied" : "Select the text and copy it");
  setTimeout(() => say(told, before), 1600);
}

async function wasCopied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copiedByHand(text);
  }
}

/** Where TensorBoard is opened over plain HTTP from another machine, there is no clipboard to write to. */
function copiedByHand(text) {
  const field = document.createElement("textarea");
  field.value = text;
  document.body.append(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  return done;
}
