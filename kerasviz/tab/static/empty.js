/** What a person sees whose log holds no pictures yet: what to add to their `fit`. */

import { copyText } from "./copy.js";
import { el } from "./element.js";
import { icon } from "./icons.js";

const CODE = `import kerasviz as kv

model.fit(
    train,
    epochs=20,
    callbacks=[
        kv.Evolution(
            "logs/mine",
            every=50,
            watch=[
                kv.watch.kernels("conv*"),
                kv.watch.responses("cat.jpg", "conv*"),
                kv.watch.drift(),
            ],
        )
    ],
)
`;

export function emptyPage() {
  const word = el("span", {}, "Copy");
  const copy = el(
    "button",
    { type: "button", class: "copy", on: { click: () => copyText(CODE, word) } },
    icon("copy"),
    word,
  );
  return el(
    "section",
    { class: "empty" },
    el("h1", {}, "No pictures in this log yet"),
    el(
      "p",
      {},
      "Add this to your training, with the log folder that TensorBoard shows. Frames appear here as soon as they are written.",
    ),
    el("div", { class: "code" }, el("pre", {}, el("code", {}, CODE)), copy),
    el(
      "p",
      { class: "quiet" },
      "Pictures of other writers play too: tf.summary.image, PyTorch\u2019s SummaryWriter, Keras\u2019s write_images.",
    ),
  );
}
