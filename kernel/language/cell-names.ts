import ts from "./typescript.cjs";
import type { Binding } from "./cell-line.ts";
import type { ParsedCell } from "./parse-cell.ts";
import { symbolKind } from "./symbol-kind.ts";
import { moduleSymbols } from "./typescript-internals.ts";

/** What the names of a checked cell mean at run time. Offsets are those of the cell's text. */
export interface CellNames {
  /** Identifiers that stand for a property of the scope. */
  readonly references: ReadonlySet<number>;
  /** Names of this cell that have a value, which the scope keeps. */
  readonly values: ReadonlySet<string>;
  /** `var`s of this cell. */
  readonly hoistedVars: readonly string[];
  /** All names, of this cell and of earlier ones, that are properties of the scope. */
  readonly inScope: ReadonlySet<string>;
  /** The kinds of this cell's names, in Jupyter's words. */
  readonly kinds: ReadonlyMap<string, string>;
  /** Members of `const enum`s of packages, which exist nowhere at run time, by where they are used. */
  readonly constants: ReadonlyMap<number, { readonly end: number; readonly value: string | number }>;
}

/**
 * Asks the checker which identifiers mean the top-level names of this cell or of earlier ones, and not a parameter
 * or a block's own variable of the same name.
 */
export function cellNames(
  file: ts.SourceFile,
  cellStart: number,
  parsed: ParsedCell,
  earlier: readonly Binding[],
  checker: ts.TypeChecker,
): CellNames {
  const values = new Set<string>();
  const top = new Map<ts.Symbol, ts.Symbol>();
  const names = new Set<string>();
  const kinds = new Map<string, string>();
  const candidates = new Map(
    earlier.filter(({ inScope }) => inScope).map((binding) => [binding.name, binding]),
  );
  for (const [name, symbol] of moduleSymbols(file)) {
    const declared = parsed.declared.get(name);
    if (declared !== undefined) kinds.set(name, kindOf(symbol, checker));
    const isScoped =
      declared === undefined ? candidates.has(name) : !declared.ambient && hasValue(symbol, checker);
    if (!isScoped) continue;
    if (declared !== undefined) values.add(name);
    names.add(name);
    top.set(symbol, symbol);
  }
  const references = new Set<number>();
  const constants = new Map<number, { end: number; value: string | number }>();
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node)) {
      if (!names.has(node.text) || !isReference(node)) return;
      const symbol = ts.isShorthandPropertyAssignment(node.parent)
        ? checker.getShorthandAssignmentValueSymbol(node.parent)
        : checker.getSymbolAtLocation(node);
      if (symbol !== undefined && top.has(symbol) && !isInsideOwnDeclaration(node, symbol))
        references.add(node.getStart(file) - cellStart);
      return;
    }
    if (ts.isTypeNode(node) && !ts.isExpressionWithTypeArguments(node)) return;
    if (ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)) return;
    if (ts.isPropertyAccessExpression(node) || ts.isElementAccessExpression(node)) {
      const value = constEnumValue(node, checker);
      if (value !== undefined)
        constants.set(node.getStart(file) - cellStart, { end: node.end - cellStart, value });
    }
    ts.forEachChild(node, visit);
  };
  for (const statement of file.statements) {
    const start = statement.getStart(file);
    if (start >= cellStart && start <= cellStart + parsed.text.length) visit(statement);
  }
  const own = [...parsed.declared.values()];
  return {
    references,
    values,
    hoistedVars: own
      .filter((declared) => declared.hoisted && values.has(declared.name))
      .map(({ name }) => name),
    inScope: names,
    kinds,
    constants,
  };
}

/** Something that exists at run time; an untyped package's exports count, types and interfaces don't. */
function hasValue(symbol: ts.Symbol, checker: ts.TypeChecker): boolean {
  if ((symbol.flags & ts.SymbolFlags.Alias) === 0) return (symbol.flags & ts.SymbolFlags.Value) !== 0;
  for (const declaration of symbol.declarations ?? [])
    if (ts.isTypeOnlyImportOrExportDeclaration(declaration)) return false;
  const { flags } = checker.getAliasedSymbol(symbol);
  const onlyType = ts.SymbolFlags.Type | ts.SymbolFlags.NamespaceModule;
  return (flags & ts.SymbolFlags.Value) !== 0 || (flags & onlyType) === 0;
}

function kindOf(symbol: ts.Symbol, checker: ts.TypeChecker): string {
  const { flags } = (symbol.flags & ts.SymbolFlags.Alias) === 0 ? symbol : checker.getAliasedSymbol(symbol);
  return symbolKind(flags);
}

/** Whether a name is looked up here, rather than declared or the name of a property. */
function isReference(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isShorthandPropertyAssignment(parent)) return true;
  if (ts.isPropertyAccessExpression(parent)) return parent.name !== node;
  if (ts.isPropertyAssignment(parent)) return parent.name !== node;
  if (ts.isBindingElement(parent)) return parent.initializer === node;
  if (ts.isLabeledStatement(parent) || ts.isBreakOrContinueStatement(parent)) return false;
  if (ts.isExportSpecifier(parent) || ts.isImportSpecifier(parent) || ts.isJsxAttribute(parent)) return false;
  if (ts.isImportClause(parent) || ts.isNamespaceImport(parent) || ts.isMetaProperty(parent)) return false;
  if (ts.isImportEqualsDeclaration(parent)) return parent.name !== node;
  const declared = parent as { name?: ts.Node };
  return declared.name !== node;
}

/** A class, enum or namespace knows itself by its own binding, before the scope has it. */
function isInsideOwnDeclaration(node: ts.Identifier, symbol: ts.Symbol): boolean {
  return (
    symbol.declarations?.some(
      (declaration) =>
        (ts.isClassDeclaration(declaration) ||
          ts.isEnumDeclaration(declaration) ||
          ts.isModuleDeclaration(declaration)) &&
        declaration.getSourceFile() === node.getSourceFile() &&
        declaration.pos <= node.pos &&
        node.end <= declaration.end,
    ) ?? false
  );
}

function constEnumValue(
  node: ts.PropertyAccessExpression | ts.ElementAccessExpression,
  checker: ts.TypeChecker,
): string | number | undefined {
  const left = node.expression;
  if (!ts.isIdentifier(left) && !ts.isPropertyAccessExpression(left)) return undefined;
  const symbol = checker.getSymbolAtLocation(left);
  if (symbol === undefined) return undefined;
  const target = (symbol.flags & ts.SymbolFlags.Alias) === 0 ? symbol : checker.getAliasedSymbol(symbol);
  if ((target.flags & ts.SymbolFlags.ConstEnum) === 0) return undefined;
  const isAmbient = target.declarations?.some((declaration) => declaration.getSourceFile().isDeclarationFile);
  return isAmbient === true ? checker.getConstantValue(node) : undefined;
}
