/**
 * Under this symbol `console.log` finds how a value wants to be printed. It is `inspect.custom` of `node:util`, which would
 * bring Node's types into every cell.
 */
export const INSPECT: unique symbol = Symbol.for("nodejs.util.inspect.custom") as never;
