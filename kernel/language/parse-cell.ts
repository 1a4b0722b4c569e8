import ts from "./typescript.cjs";
import { parseAsModule, parseDiagnostics } from "./typescript-internals.ts";

/** A name that a cell declares at its top level. */
export interface Declared {
  readonly name: string;
  /** `let`, `var` and their kin may be assigned by later cells; the others may not. */
  readonly mutable: boolean;
  /** A `var`, which is there from the cell's start. */
  readonly hoisted: boolean;
  /** `declare const x`: known to the checker, provided by something else at run time. */
  readonly ambient: boolean;
  /** Where the name stands, as an offset in the cell's text. */
  readonly offset: number;
}

/** What a cell adds to modules or to what is global. */
export interface Augmentation {
  /** The statements, to know them again. */
  readonly text: string;
  /** What they declare. */
  readonly names: readonly string[];
}

/** A cell's text taken apart, before anything is checked. */
export interface ParsedCell {
  /** The text that is checked and emitted: as long as the cell's, but for two parentheses round an object. */
  readonly text: string;
  readonly jsx: boolean;
  readonly file: ts.SourceFile;
  readonly errors: readonly ts.DiagnosticWithLocation[];
  readonly declared: ReadonlyMap<string, Declared>;
  /** Every identifier that stands where a name is looked up, in a value or in a type. */
  readonly used: ReadonlySet<string>;
  /** Modules that the cell names: `import`, `import()`, `import("…")` types, re-exports; `require:x` for `import x = require("x")`. */
  readonly specifiers: readonly string[];
  /** `declare global` or `declare module "…"`: seen by all later cells. */
  readonly augments: Augmentation | undefined;
  /** `// @ts-nocheck` and `/// <reference …>` lines, which must stay in front of everything else. */
  readonly pragmas: string;
  /** Offset of the parenthesis put before a final object literal, which shifts what follows by one. */
  readonly wrappedAt: number | undefined;
}

/** Parses as TypeScript, and as TSX where only that succeeds. */
export function parseCell(source: string): ParsedCell {
  const parsed = bestParse(source);
  const wrapped = wrapFinalObject(source, parsed);
  const { file, jsx } = wrapped?.parsed ?? parsed;
  const text = withoutExports(file);
  return {
    text,
    jsx,
    file,
    errors: parseDiagnostics(file),
    declared: declaredNames(file),
    ...mentions(file),
    pragmas: pragmas(text),
    wrappedAt: wrapped?.at,
  };
}

interface Parsed {
  readonly file: ts.SourceFile;
  readonly jsx: boolean;
}

function parse(text: string, jsx: boolean): Parsed {
  const kind = jsx ? ts.ScriptKind.TSX : ts.ScriptKind.TS;
  return { file: parseAsModule(`cell.${jsx ? "tsx" : "ts"}`, text, kind), jsx };
}

/** Most cells are TypeScript; only one that is not, and that a TSX parser reads further, is TSX. */
function bestParse(text: string): Parsed {
  const plain = parse(text, false);
  const [plainError] = parseDiagnostics(plain.file);
  if (plainError === undefined || !/<[A-Za-z>]/.test(text)) return plain;
  const jsx = parse(text, true);
  const [jsxError] = parseDiagnostics(jsx.file);
  return jsxError === undefined || jsxError.start > plainError.start ? jsx : plain;
}

/**
 * A cell that ends in `{ a: 1 }` shows an object, as Node's REPL does, where the parser sees a block with a
 * label in it. So does `{}`, `{ a }` and what is an object but no block at all, such as `{ a: 1, b: 2 }`.
 */
function wrapFinalObject(source: string, { file, jsx }: Parsed): { at: number; parsed: Parsed } | undefined {
  if (!/\}\s*$/.test(source)) return undefined;
  const broken = parseDiagnostics(file).length > 0;
  for (const statement of [...file.statements].reverse()) {
    if (!ts.isBlock(statement)) continue;
    const at = statement.getStart(file);
    if (!broken && (statement !== file.statements.at(-1) || !readsAsObject(statement, file)))
      return undefined;
    const end = source.trimEnd().length;
    const parsed = parse(`${source.slice(0, at)}(${source.slice(at, end)})${source.slice(end)}`, jsx);
    if (parseDiagnostics(parsed.file).length > 0) continue;
    const last = parsed.file.statements.at(-1);
    // An expression before it, without a semicolon, would turn the parentheses into a call.
    if (last === undefined || !ts.isExpressionStatement(last) || last.getStart(parsed.file) !== at) continue;
    if (
      !ts.isParenthesizedExpression(last.expression) ||
      !ts.isObjectLiteralExpression(last.expression.expression)
    )
      continue;
    return { at, parsed };
  }
  return undefined;
}

function readsAsObject(block: ts.Block, file: ts.SourceFile): boolean {
  if (block.statements.length > 1) return false;
  const [only] = block.statements;
  if (only === undefined) return file.statements.length === 1;
  if (ts.isLabeledStatement(only))
    return ts.isExpressionStatement(only.statement) && !only.getText(file).endsWith(";");
  return ts.isExpressionStatement(only) && isNames(only.expression) && !only.getText(file).endsWith(";");
}

/** `a` or `a, b`: shorthand properties, read as a block. */
function isNames(node: ts.Expression): boolean {
  if (ts.isIdentifier(node)) return true;
  if (!ts.isBinaryExpression(node) || node.operatorToken.kind !== ts.SyntaxKind.CommaToken) return false;
  return isNames(node.left) && isNames(node.right);
}

/** The same text with `export` and `export default` blanked out, so that every declaration is a plain one. */
function withoutExports(file: ts.SourceFile): string {
  let text = file.text;
  const blank = (start: number, end: number, instead = ""): void => {
    const spaces = text.slice(start + instead.length, end).replace(/[^\r\n\u2028\u2029]/g, " ");
    text = text.slice(0, start) + instead + spaces + text.slice(end);
  };
  const shebang = /^#!.*/.exec(text);
  if (shebang !== null) blank(0, shebang[0].length);
  for (const statement of file.statements) {
    if (ts.isExportDeclaration(statement) && statement.moduleSpecifier === undefined) {
      blank(statement.getStart(file), statement.end);
    } else if (ts.isExportAssignment(statement) && statement.isExportEquals !== true) {
      const statementLike = /^(?:\{|function|class|async\s+function)/.test(
        statement.expression.getText(file),
      );
      blank(statement.getStart(file), statement.expression.getStart(file), statementLike ? "await" : "");
    } else if (ts.canHaveModifiers(statement)) {
      const nameless =
        (ts.isFunctionDeclaration(statement) || ts.isClassDeclaration(statement)) &&
        statement.name === undefined;
      for (const modifier of ts.getModifiers(statement) ?? []) {
        if (modifier.kind !== ts.SyntaxKind.ExportKeyword && modifier.kind !== ts.SyntaxKind.DefaultKeyword)
          continue;
        const isExport = modifier.kind === ts.SyntaxKind.ExportKeyword;
        blank(modifier.getStart(file), modifier.end, nameless && isExport ? "await" : "");
      }
    }
  }
  return text;
}

function isAmbient(statement: ts.Node): boolean {
  return (
    ts.canHaveModifiers(statement) &&
    (ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.DeclareKeyword) ?? false)
  );
}

/** The names that belong to the cell as a whole, `var` in nested blocks among them. */
function declaredNames(file: ts.SourceFile): Map<string, Declared> {
  const declared = new Map<string, Declared>();
  const add = (name: ts.Node | undefined, mutable: boolean, ambient: boolean, hoisted = false): void => {
    if (name === undefined || !ts.isIdentifier(name) || name.text === "") return;
    const earlier = declared.get(name.text);
    if (earlier !== undefined && !earlier.ambient) return;
    declared.set(name.text, { name: name.text, mutable, hoisted, ambient, offset: name.getStart(file) });
  };
  const addBinding = (name: ts.BindingName, mutable: boolean, ambient: boolean, hoisted: boolean): void => {
    if (ts.isIdentifier(name)) add(name, mutable, ambient, hoisted);
    else
      for (const element of name.elements)
        if (ts.isBindingElement(element)) addBinding(element.name, mutable, ambient, hoisted);
  };
  const isVar = (list: ts.VariableDeclarationList): boolean => (list.flags & ts.NodeFlags.BlockScoped) === 0;
  const addList = (list: ts.VariableDeclarationList, ambient: boolean): void => {
    const mutable = (list.flags & (ts.NodeFlags.Const | ts.NodeFlags.Using)) === 0;
    for (const declaration of list.declarations) addBinding(declaration.name, mutable, ambient, isVar(list));
  };
  const hoist = (node: ts.Node): void => {
    if (ts.isVariableDeclarationList(node)) {
      if (isVar(node)) addList(node, false);
      return;
    }
    if (ts.isFunctionLike(node) || ts.isClassLike(node) || ts.isModuleDeclaration(node)) return;
    if (
      ts.isStatement(node) ||
      // A try's block is no statement to `isStatement`.
      ts.isBlock(node) ||
      ts.isCaseBlock(node) ||
      ts.isCaseOrDefaultClause(node) ||
      ts.isCatchClause(node)
    )
      ts.forEachChild(node, hoist);
  };
  for (const statement of file.statements) {
    const ambient = isAmbient(statement);
    if (ts.isVariableStatement(statement)) addList(statement.declarationList, ambient);
    else if (ts.isImportDeclaration(statement)) {
      const clause = statement.importClause;
      add(clause?.name, false, false);
      const bindings = clause?.namedBindings;
      if (bindings !== undefined && ts.isNamespaceImport(bindings)) add(bindings.name, false, false);
      if (bindings !== undefined && ts.isNamedImports(bindings))
        for (const element of bindings.elements) add(element.name, false, false);
    } else if (
      ts.isFunctionDeclaration(statement) ||
      ts.isClassDeclaration(statement) ||
      ts.isInterfaceDeclaration(statement) ||
      ts.isTypeAliasDeclaration(statement) ||
      ts.isEnumDeclaration(statement) ||
      ts.isImportEqualsDeclaration(statement)
    )
      add(statement.name, false, ambient);
    else if (ts.isModuleDeclaration(statement)) {
      if ((statement.flags & ts.NodeFlags.GlobalAugmentation) === 0) add(statement.name, false, ambient);
    } else hoist(statement);
  }
  return declared;
}

function mentions(file: ts.SourceFile): Pick<ParsedCell, "used" | "specifiers" | "augments"> {
  const used = new Set<string>();
  const specifiers = new Set<string>();
  const augmenting: ts.ModuleDeclaration[] = [];
  const specify = (node: ts.Node | undefined): void => {
    if (node !== undefined && ts.isStringLiteralLike(node) && node.text !== "") specifiers.add(node.text);
  };
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node)) {
      if (!isPropertyName(node)) used.add(node.text);
      return;
    }
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) specify(node.moduleSpecifier);
    else if (ts.isExternalModuleReference(node)) {
      if (ts.isStringLiteralLike(node.expression)) specifiers.add(`require:${node.expression.text}`);
    } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
      specify(node.arguments[0]);
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) specify(node.argument.literal);
    else if (ts.isModuleDeclaration(node)) {
      if (ts.isStringLiteral(node.name) || (node.flags & ts.NodeFlags.GlobalAugmentation) !== 0)
        augmenting.push(node);
    } else if (ts.isJsxOpeningLikeElement(node) || ts.isJsxFragment(node)) {
      // The factory's name is used without being written.
      used.add("React").add("h").add("Fragment");
      for (const [, factory] of file.text.matchAll(/@jsx(?:Frag)?\s+([\w$]+)/g))
        if (factory !== undefined) used.add(factory);
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return { used, specifiers: [...specifiers], augments: augmentation(augmenting, file) };
}

function augmentation(
  statements: readonly ts.ModuleDeclaration[],
  file: ts.SourceFile,
): Augmentation | undefined {
  if (statements.length === 0) return undefined;
  const names = statements.flatMap(({ body }) =>
    body === undefined || !ts.isModuleBlock(body)
      ? []
      : body.statements.flatMap((statement) => {
          if (ts.isVariableStatement(statement))
            return statement.declarationList.declarations.map(({ name }) => name.getText(file));
          const { name } = statement as { readonly name?: ts.Node };
          return name === undefined ? [] : [name.getText(file)];
        }),
  );
  return { text: statements.map((statement) => statement.getText(file)).join("\n"), names };
}

function isPropertyName(node: ts.Identifier): boolean {
  const { parent } = node;
  return (
    (ts.isPropertyAccessExpression(parent) && parent.name === node) ||
    (ts.isQualifiedName(parent) && parent.right === node) ||
    (ts.isPropertyAssignment(parent) && parent.name === node) ||
    ts.isJsxAttribute(parent)
  );
}

function pragmas(text: string): string {
  const start = /^#!.*/.exec(text)?.[0].length ?? 0;
  return (ts.getLeadingCommentRanges(text, start) ?? [])
    .map(({ pos, end }) => text.slice(pos, end))
    .filter((comment) => /^\/\/\/?\s*@ts-nocheck|^\/\*\s*@ts-nocheck|^\/\/\/\s*<reference|@jsx/.test(comment))
    .map((comment) => `${comment}\n`)
    .join("");
}
