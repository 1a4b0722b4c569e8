import { DISPLAY, METADATA, type Displayable } from "../display/index.ts";
import type { Figure } from "../views/index.ts";

const FIGURES = new WeakMap<object, () => Figure>();

/**
 * `value` itself, which now shows itself with the picture that `draw` makes; drawn at the first display only.
 * What the value holds stays as it was: the display symbol is not among its enumerable properties.
 */
export function shown<T extends object>(value: T, draw: () => Figure): T & Displayable {
  let figure: Figure | undefined;
  const once = () => (figure ??= draw());
  FIGURES.set(value, once);
  Object.defineProperty(value, DISPLAY, { value: () => once()[DISPLAY]() });
  Object.defineProperty(value, METADATA, { value: () => once()[METADATA]() });
  return value as T & Displayable;
}

/** The picture with which `value`, made by {@link shown}, shows itself. */
export function figureOf(value: Displayable): Figure | undefined {
  return FIGURES.get(value)?.();
}
