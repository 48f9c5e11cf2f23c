/** Light or dark, as TensorBoard is. */

/** Follow TensorBoard's theme; call `changed` when it turns. */
export function followTheme(changed) {
  const host = hostBody();
  const take = () => {
    const isDark = host
      ? host.classList.contains("dark-mode")
      : window.matchMedia("(prefers-color-scheme: dark)").matches;
    document.documentElement.dataset.theme = isDark ? "dark" : "light";
    changed();
  };
  if (host) new MutationObserver(take).observe(host, { attributes: true, attributeFilter: ["class"] });
  take();
}

/** The body of TensorBoard's own page; null where the tab stands alone or another site shows it. */
function hostBody() {
  try {
    return window.parent === window ? null : window.parent.document.body;
  } catch {
    return null;
  }
}
