/** How a value asks to be shown; the symbol that Deno's kernel looks for too. */
export const DISPLAY: unique symbol = Symbol.for("Jupyter.display") as never;

/** How a value tells more of its media types: `{ "image/png": { width: 200 } }`. */
export const METADATA: unique symbol = Symbol.for("matrix-composition.metadata") as never;

/** A value that shows itself: the method gives its media types, the richest that a front end knows is drawn. */
export interface Displayable {
  /** What is shown, in each media type that the value knows. */
  readonly [DISPLAY]: () => Readonly<Record<string, unknown>> | Promise<Readonly<Record<string, unknown>>>;
  /** More about a media type, by its name. */
  readonly [METADATA]?: () => Readonly<Record<string, unknown>>;
}

/** Whether `value` shows itself. */
export function isDisplayable(value: unknown): value is Displayable {
  return (
    ((typeof value === "object" && value !== null) || typeof value === "function") &&
    DISPLAY in value &&
    typeof value[DISPLAY] === "function"
  );
}
