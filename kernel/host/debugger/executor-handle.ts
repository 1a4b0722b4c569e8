/** What kernel/runtime/debug/handle.ts installs in the executor, as an expression. */
const HANDLE = `globalThis[Symbol.for("matrix-composition.debugger")]`;

/** The variables of all cells. */
export const SCOPE = `${HANDLE}.scope`;

/** `expression` with the variables of all cells in sight, behind those of the frame that are `hidden` by name. */
export function inScope(expression: string, hidden: readonly string[]): string {
  return `with (${HANDLE}.view(${JSON.stringify(hidden)})) { ${expression} }`;
}

/** The value of `expression` by media type. */
export function shown(expression: string): string {
  return `${HANDLE}.show((${expression}))`;
}

/** What the user wrote for the scripts of these names. */
export function sourcesOf(files: readonly string[]): string {
  return `${HANDLE}.sources(${JSON.stringify(files)})`;
}

/** From now on the inspector knows which errors of cells nobody catches, or no longer. */
export function watchingUncaught(isWatched: boolean): string {
  return `${HANDLE}.watchUncaught(${isWatched})`;
}

/** A function of the inspector's `callFunctionOn`: elements of the array that it is called on. */
export const ELEMENTS = `function (start, end) { return ${HANDLE}.elements(this, start, end); }`;

/** The same: some properties of the object that it is called on. */
export const PROPERTIES = `function (count) { return ${HANDLE}.properties(this, count); }`;
