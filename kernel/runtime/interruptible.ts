/** Functions of V8 and Node that may take long, without a word of an interrupt, and that cells call in loops. */
const SLOW: readonly (readonly [object, string])[] = [
  [JSON, "parse"],
  [globalThis, "structuredClone"],
];

/**
 * V8 looks for an interrupt where a function written in JavaScript is entered, and else only after a loop has used up its budget
 * of byte codes, which one that does nothing but call slow native functions does not in minutes. A getter is such a function:
 * so `while (true) JSON.parse(text)` ends between two calls, and errors come from the native function as ever.
 */
export function makeInterruptible(): void {
  for (const [owner, name] of SLOW) {
    const descriptor = Object.getOwnPropertyDescriptor(owner, name);
    const native: unknown = descriptor?.value;
    if (typeof native !== "function") continue;
    const enumerable = descriptor?.enumerable === true;
    Object.defineProperty(owner, name, {
      enumerable,
      configurable: true,
      get: () => native,
      // As any function of a library, it may be replaced.
      set: (value: unknown) =>
        void Object.defineProperty(owner, name, { enumerable, configurable: true, writable: true, value }),
    });
  }
}
