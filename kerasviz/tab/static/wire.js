/** The frames of a batch: for each the lengths of its JSON and of its picture, then both. */

const decoder = new TextDecoder();

/** Return `[{meta, picture}]`; the picture is a Blob as it lies in the log. */
export function readBatch(buffer) {
  const view = new DataView(buffer);
  const frames = [];
  for (let at = 0; at < buffer.byteLength; ) {
    const textLength = view.getUint32(at, true);
    const pictureLength = view.getUint32(at + 4, true);
    const text = new Uint8Array(buffer, at + 8, textLength);
    const picture = new Uint8Array(buffer, at + 8 + textLength, pictureLength);
    frames.push({ meta: JSON.parse(decoder.decode(text)), picture: new Blob([picture]) });
    at += 8 + textLength + pictureLength;
  }
  return frames;
}
