/**
 * The variables of all cells: an object of their own, so that `const process = 1` or `const name = "x"` break nothing.
 * A name that no cell has assigned throws JavaScript's own ReferenceError; looking for it is left to the prototype, so
 * that reading an assigned one costs no more than a property.
 */
export function newScope(): Record<string, unknown> {
  const missing = new Proxy(Object.create(null) as object, {
    get(_target, name) {
      if (typeof name === "symbol") return undefined;
      throw new ReferenceError(`${name} is not defined`);
    },
    set(_target, name, value, receiver) {
      return Reflect.defineProperty(receiver as object, name, {
        value,
        writable: true,
        enumerable: true,
        configurable: true,
      });
    },
  });
  return Object.create(missing) as Record<string, unknown>;
}
