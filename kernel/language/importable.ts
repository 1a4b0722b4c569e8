import { isBuiltin } from "node:module";
import { symbolKind } from "./symbol-kind.ts";
import ts from "./typescript.cjs";

/** A name that a cell may import. */
export interface Importable {
  readonly name: string;
  /** The module, as a cell names it. */
  readonly module: string;
  /** It is all that the module exports, or its default. */
  readonly isDefault: boolean;
  readonly symbol: ts.Symbol;
}

/** A module of a program, and how a cell names it. */
export interface NamedModule {
  readonly name: string;
  readonly symbol: ts.Symbol;
}

/** The statement that imports it. */
export function importStatement({ name, module, isDefault }: Importable): string {
  return `import ${isDefault ? name : `{ ${name} }`} from "${module}";`;
}

/**
 * What modules export, by name; of several modules with one name, the first. TypeScript's own list of such names is made
 * anew for each text that is completed, has all that any package has among itself, and leaves out what a package.json does not name.
 */
export function importableNames(
  checker: ts.TypeChecker,
  modules: readonly NamedModule[],
): ReadonlyMap<string, Importable> {
  const found = new Map<string, Importable>();
  const add = (importable: Importable): void => {
    if (!found.has(importable.name)) found.set(importable.name, importable);
  };
  for (const { name: module, symbol } of modules) {
    for (const each of checker.getExportsOfModule(symbol))
      if (IDENTIFIER.test(each.name) && each.name !== "default")
        add({ name: each.name, module, isDefault: false, symbol: each });
    const whole =
      symbol.exports?.get(ts.InternalSymbolName.ExportEquals) ??
      symbol.exports?.get(ts.InternalSymbolName.Default);
    const name = (module.split("/").at(-1) ?? "").replace(/^node:|\.\w+$/g, "");
    if (whole && IDENTIFIER.test(name)) add({ name, module, isDefault: true, symbol: whole });
  }
  return found;
}

/** The modules that a program declares without a file of their own; Node's own by their `node:` names. */
export function ambientModules(checker: ts.TypeChecker): readonly NamedModule[] {
  return checker
    .getAmbientModules()
    .map((symbol) => ({ name: symbol.name.slice(1, -1), symbol }))
    .filter(({ name }) => !name.includes("*") && (name.startsWith("node:") || !isBuiltin(name)))
    .sort((one, other) => (one.name < other.name ? -1 : 1));
}

/** What an importable name stands for, in Jupyter's words, and where it may stand. */
export function importableKind(
  { symbol }: Importable,
  checker: ts.TypeChecker,
): { readonly kind: string; readonly isType: boolean; readonly isValue: boolean } {
  const { flags } = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
  // What an alias leads to may be unknown.
  const isType = (flags & ts.SymbolFlags.Type) !== 0;
  return { kind: symbolKind(flags), isType, isValue: !isType || (flags & ts.SymbolFlags.Value) !== 0 };
}

const IDENTIFIER = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u;
