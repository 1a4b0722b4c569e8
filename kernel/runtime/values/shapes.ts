/** An object of which nothing is known but what is looked up. */
export type Shape = Readonly<Partial<Record<string, unknown>>>;

/** Whether `value` has properties to be looked at. */
export function isObject(value: unknown): value is Shape {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}
