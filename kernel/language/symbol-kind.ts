import ts from "./typescript.cjs";

/** What a name stands for, in Jupyter's words for the kinds of completions; of several the first here. */
const KINDS: readonly (readonly [ts.SymbolFlags, string])[] = [
  [ts.SymbolFlags.Class, "class"],
  [ts.SymbolFlags.Enum, "enum"],
  [ts.SymbolFlags.Function, "function"],
  [ts.SymbolFlags.Module, "module"],
  [ts.SymbolFlags.Variable, "instance"],
  [ts.SymbolFlags.Interface, "interface"],
  [ts.SymbolFlags.TypeAlias, "type"],
];

/** The kind of a symbol with these flags, an alias's being those of what it leads to. */
export function symbolKind(flags: ts.SymbolFlags): string {
  return KINDS.find(([mask]) => (flags & mask) !== 0)?.[1] ?? "instance";
}
