import { Widget, type AnyWidget } from "./widget.ts";

/**
 * Keeps a property of two widgets equal, in the front end and so without the kernel: a `Play` moves a slider.
 *
 * @example link([play, "value"], [slider, "value"]);
 */
export function link(
  source: readonly [widget: AnyWidget, property: string],
  target: readonly [widget: AnyWidget, property: string],
): AnyWidget {
  const end = ([widget, property]: readonly [AnyWidget, string]) =>
    [`IPY_MODEL_${widget.id}`, property] as const;
  return new Widget(
    { model: "LinkModel", view: null, module: "@jupyter-widgets/controls", version: "2.0.0" },
    { source: end(source), target: end(target) },
  );
}
