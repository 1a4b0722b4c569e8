import { DISPLAY, type Displayable } from "../display/index.ts";

/**
 * `value` itself, which now shows itself with the picture that `draw` makes; drawn at the first display only.
 * What the value holds stays as it was: the display symbol is not among its enumerable properties.
 */
export function shown<T extends object>(value: T, draw: () => Displayable): T & Displayable {
  let figure: Displayable | undefined;
  Object.defineProperty(value, DISPLAY, { value: () => (figure ??= draw())[DISPLAY]() });
  return value as T & Displayable;
}
