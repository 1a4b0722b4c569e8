type Callback = (...values: unknown[]) => unknown;

/** Functions of V8 that may take long, without a word of an interrupt, and that cells call in loops. */
const SLOW: readonly (readonly [object, string])[] = [
  [JSON, "parse"],
  [globalThis, "structuredClone"],
];

/**
 * V8 looks for an interrupt where a function written in JavaScript is entered, and else only after a loop has used up its budget
 * of byte codes, which one that does nothing but call slow native functions does not in minutes. Entering a function of JavaScript
 * before each such call ends `while (true) JSON.parse(text)` between two of them.
 */
export function makeInterruptible(): void {
  for (const [owner, name] of SLOW) {
    const functions = owner as Record<string, unknown>;
    const native = functions[name] as Callback;
    // No constructor and without a `prototype`, as native functions are; neither looks at its `this`.
    const entered = (...values: unknown[]): unknown => native(...values);
    Object.defineProperties(entered, Object.getOwnPropertyDescriptors(native));
    Object.defineProperty(owner, name, { ...Object.getOwnPropertyDescriptor(owner, name), value: entered });
  }
}
