/**
 * How a value asks to be shown: under this symbol it has a method that returns a MIME bundle.
 * The symbol is the one that Deno's kernel looks for, so values made for either show themselves in both.
 */
export const DISPLAY: unique symbol = Symbol.for("Jupyter.display") as never;

/** Under this symbol a value may tell more of its media types, by their names: `{ "image/png": { width: 200 } }`, in CSS pixels. */
export const METADATA: unique symbol = Symbol.for("matrix-composition.metadata") as never;

/**
 * A value in one or more media types, the front end draws the richest that it knows:
 * text types as strings, JSON types as values, images as base64.
 * Source: Jupyter messaging 5.5, `display_data`, field `data`.
 */
export type MimeBundle = Readonly<Record<string, unknown>>;

/** A value that shows itself as the result of a cell. */
export interface Displayable {
  /** What is shown, in each media type that the value knows. */
  readonly [DISPLAY]: () => MimeBundle | Promise<MimeBundle>;
  /** More about a media type, by its name: Jupyter messaging 5.5, `display_data`, field `metadata`. */
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
