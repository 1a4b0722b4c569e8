import ts from "./typescript.cjs";
import type { CompiledCell } from "./protocol.ts";
import { withoutCharacter } from "./source-map.ts";
import type { CellNames } from "./cell-names.ts";

/** What emit needs to know of a checked cell. */
export interface EmitRequest {
  /** The cell's text, `export` blanked out. */
  readonly text: string;
  readonly jsx: boolean;
  readonly names: CellNames;
  /** Where a character stands in the text that the cell, as typed, doesn't have. */
  readonly inserted: { readonly line: number; readonly column: number } | undefined;
  readonly options: ts.CompilerOptions;
  /** A specifier as the executor shall ask for it. */
  readonly specifier: (specifier: string) => string;
}

/** Node 20 runs all of ES2023; `using`, decorators and `accessor` are what it lacks. */
const TARGET = ts.ScriptTarget.ES2022;

/**
 * The cell as one expression, `async (cell) => { … }`: its top-level names and those of earlier cells become
 * properties of `cell.scope`, `await` and `import` go through `cell`, the last expression to `cell.result`.
 */
export function emitCell(request: EmitRequest): Pick<CompiledCell, "code" | "map"> {
  const { text, jsx, options } = request;
  const runtime = new RuntimeNames(text);
  const jsxRoots = jsx ? factoryRoots(text, options).filter((root) => request.names.inScope.has(root)) : [];
  const output = ts.transpileModule(text, {
    fileName: jsx ? "cell.tsx" : "cell.ts",
    reportDiagnostics: false,
    compilerOptions: {
      ...pick(options, ["jsxFactory", "jsxFragmentFactory", "jsxImportSource", "reactNamespace"]),
      ...pick(options, ["experimentalDecorators", "emitDecoratorMetadata", "useDefineForClassFields"]),
      ...(options.jsx === undefined ? {} : { jsx: options.jsx }),
      target: TARGET,
      module: ts.ModuleKind.Preserve,
      moduleDetection: ts.ModuleDetectionKind.Force,
      sourceMap: true,
      inlineSources: false,
      removeComments: true,
    },
    transformers: {
      before: [(context) => (file) => new CellTransformer(request, runtime, context, file).transform()],
      after: [(context) => (file) => wrapStatements(file, runtime, jsxRoots, context)],
    },
  });
  return assemble(output.outputText, output.sourceMapText ?? "{}", runtime, request.inserted);
}

/** Names that the cell cannot clash with. */
class RuntimeNames {
  readonly cell: string;
  readonly scope: string;
  readonly iterate: string;
  /** Whether the cell has a `for await`. */
  iterates = false;

  constructor(text: string) {
    let suffix = "";
    while (
      text.includes(`$cell${suffix}`) ||
      text.includes(`$scope${suffix}`) ||
      text.includes(`$iterate${suffix}`)
    )
      suffix += "$";
    this.cell = `$cell${suffix}`;
    this.scope = `$scope${suffix}`;
    this.iterate = `$iterate${suffix}`;
  }
}

/** So that each step of a `for await` is an `await` that an interrupt can end. */
function iterateSource({ iterate, cell }: RuntimeNames): string {
  return `const ${iterate} = (iterable) => { const asynchronous = iterable[Symbol.asyncIterator] != null; const iterator = asynchronous ? iterable[Symbol.asyncIterator]() : iterable[Symbol.iterator](); const step = async (result) => { const { done, value } = await ${cell}.await(result); return { done, value: asynchronous ? value : await ${cell}.await(value) }; }; return { [Symbol.asyncIterator]: () => ({ next: () => step(iterator.next()), return: async (value) => iterator.return === undefined ? { done: true, value } : step(iterator.return(value)) }) }; }; `;
}

/** Puts helpers that TypeScript wrote in front of the function inside it, and names the cell as the map's source. */
function assemble(
  output: string,
  mapText: string,
  runtime: RuntimeNames,
  inserted: EmitRequest["inserted"],
): Pick<CompiledCell, "code" | "map"> {
  const start = output.indexOf(`(async (${runtime.cell})`);
  const helpers = output.slice(0, start);
  const end = output.lastIndexOf(";\n//# sourceMappingURL=");
  // On a line of its own, so that no line of the map moves.
  const main = output
    .slice(start, end === -1 ? undefined : end)
    .replace(`${ITERATE_MARK};`, () => iterateSource(runtime));
  const map = JSON.parse(mapText) as { readonly mappings: string };
  const { mappings } = map;
  const code = helpers.trim() === "" ? main : `(() => {${helpers}return ${main};})()`;
  const own = inserted === undefined ? mappings : withoutCharacter(mappings, inserted.line, inserted.column);
  return { code, map: JSON.stringify({ version: 3, sources: ["cell"], names: [], mappings: own }) };
}

function pick(options: ts.CompilerOptions, names: readonly string[]): ts.CompilerOptions {
  return Object.fromEntries(
    names.flatMap((name) => (options[name] === undefined ? [] : [[name, options[name]]])),
  );
}

/** The first names of the JSX factories, such as `React`. */
function factoryRoots(text: string, options: ts.CompilerOptions): string[] {
  const named = [...text.matchAll(/@jsx(?:Frag)?\s+([\w$]+)/g)].map(([, name]) => name);
  const configured = [options.jsxFactory, options.jsxFragmentFactory, options.reactNamespace];
  return [...named, ...configured.map((name) => name?.split(".")[0]), "React"].filter(
    (name) => name !== undefined,
  );
}

/** Runs last: the JavaScript statements go into the function, and what JSX brought in is imported and qualified. */
function wrapStatements(
  file: ts.SourceFile,
  runtime: RuntimeNames,
  jsxRoots: readonly string[],
  context: ts.TransformationContext,
): ts.SourceFile {
  const { factory } = context;
  const visit = (node: ts.Node): ts.Node => {
    if (ts.isIdentifier(node) && node.pos === -1 && jsxRoots.includes(node.text))
      return factory.createPropertyAccessExpression(factory.createIdentifier(runtime.scope), node.text);
    if (ts.isPropertyAccessExpression(node))
      return factory.updatePropertyAccessExpression(
        node,
        ts.visitNode(node.expression, visit, ts.isExpression),
        node.name,
      );
    return ts.visitEachChild(node, visit, context);
  };
  const statements = file.statements.flatMap((statement): ts.Statement[] => {
    if (ts.isExportDeclaration(statement)) return [];
    if (ts.isImportDeclaration(statement)) return [importOfJsxRuntime(statement, runtime, factory)];
    return [jsxRoots.length > 0 ? ts.visitNode(statement, visit, ts.isStatement) : statement];
  });
  const scope = factory.createVariableStatement(
    undefined,
    factory.createVariableDeclarationList(
      [
        factory.createVariableDeclaration(
          runtime.scope,
          undefined,
          undefined,
          factory.createPropertyAccessExpression(factory.createIdentifier(runtime.cell), "scope"),
        ),
      ],
      ts.NodeFlags.Const,
    ),
  );
  const iterate = runtime.iterates
    ? [factory.createExpressionStatement(factory.createIdentifier(ITERATE_MARK))]
    : [];
  const body = factory.createBlock(
    [
      factory.createExpressionStatement(factory.createStringLiteral("use strict")),
      scope,
      ...iterate,
      ...statements,
    ],
    true,
  );
  const main = factory.createArrowFunction(
    [factory.createModifier(ts.SyntaxKind.AsyncKeyword)],
    undefined,
    [factory.createParameterDeclaration(undefined, undefined, runtime.cell)],
    undefined,
    factory.createToken(ts.SyntaxKind.EqualsGreaterThanToken),
    body,
  );
  return factory.updateSourceFile(file, [
    factory.createExpressionStatement(factory.createParenthesizedExpression(main)),
  ]);
}

const ITERATE_MARK = "$iterate$mark$";

/** `import { jsx as _jsx } from "react/jsx-runtime"`, which the automatic JSX runtime adds. */
function importOfJsxRuntime(
  statement: ts.ImportDeclaration,
  runtime: RuntimeNames,
  factory: ts.NodeFactory,
): ts.Statement {
  const bindings = statement.importClause?.namedBindings;
  const elements =
    bindings !== undefined && ts.isNamedImports(bindings)
      ? bindings.elements.map(({ propertyName, name }) =>
          factory.createBindingElement(undefined, propertyName?.text, name.text),
        )
      : [];
  const load = factory.createAwaitExpression(
    factory.createCallExpression(
      factory.createPropertyAccessExpression(factory.createIdentifier(runtime.cell), "import"),
      undefined,
      [statement.moduleSpecifier],
    ),
  );
  return factory.createVariableStatement(
    undefined,
    factory.createVariableDeclarationList(
      [
        factory.createVariableDeclaration(
          factory.createObjectBindingPattern(elements),
          undefined,
          undefined,
          load,
        ),
      ],
      ts.NodeFlags.Const,
    ),
  );
}

/** Where the visitor is: what belongs to the cell's top level and what to a function of its own. */
interface Place {
  /** Not inside any function: `var` belongs to the cell. */
  readonly topLevel: boolean;
  /** Not inside anything that has a `this` of its own. */
  readonly topThis: boolean;
}

class CellTransformer {
  readonly #request: EmitRequest;
  readonly #names: CellNames;
  readonly #runtime: RuntimeNames;
  readonly #context: ts.TransformationContext;
  readonly #factory: ts.NodeFactory;
  readonly #file: ts.SourceFile;
  #place: Place = { topLevel: true, topThis: true };

  constructor(
    request: EmitRequest,
    runtime: RuntimeNames,
    context: ts.TransformationContext,
    file: ts.SourceFile,
  ) {
    this.#request = request;
    this.#names = request.names;
    this.#runtime = runtime;
    this.#context = context;
    this.#factory = context.factory;
    this.#file = file;
  }

  transform(): ts.SourceFile {
    const hoisted: ts.Statement[] = [];
    const statements: ts.Statement[] = [];
    const functions = new Set<string>();
    for (const statement of this.#file.statements) {
      if (
        ts.isFunctionDeclaration(statement) &&
        statement.body !== undefined &&
        statement.name !== undefined
      ) {
        if (!this.#names.values.has(statement.name.text)) continue;
        functions.add(statement.name.text);
      }
    }
    for (const name of functions) hoisted.push(this.#assign(name, this.#factory.createIdentifier(name)));
    for (const name of this.#names.hoistedVars)
      if (!functions.has(name)) hoisted.push(this.#assign(name, this.#factory.createVoidZero()));
    const last = this.#file.statements.findLast((statement) => !ts.isEmptyStatement(statement));
    for (const statement of this.#file.statements) {
      if (ts.isImportDeclaration(statement)) hoisted.push(...this.#import(statement));
      else if (ts.isExportDeclaration(statement)) hoisted.push(...this.#reexport(statement));
      else if (ts.isImportEqualsDeclaration(statement)) statements.push(...this.#importEquals(statement));
      else if (statement === last && ts.isExpressionStatement(statement))
        statements.push(this.#result(statement));
      else statements.push(...this.#topStatement(statement));
    }
    return this.#factory.updateSourceFile(this.#file, [...hoisted, ...statements]);
  }

  #topStatement(statement: ts.Statement): ts.Statement[] {
    if (isDeclare(statement) || ts.isExportAssignment(statement)) return [];
    if (ts.isVariableStatement(statement)) return this.#variables(statement);
    const visited = this.#visitNode(statement, ts.isStatement);
    const declaresValue =
      ts.isClassDeclaration(statement) ||
      ts.isEnumDeclaration(statement) ||
      ts.isModuleDeclaration(statement);
    if (!declaresValue || statement.name === undefined || !this.#names.values.has(statement.name.text))
      return [visited];
    if (ts.isModuleDeclaration(statement) && !hasValues(statement)) return [visited];
    return [visited, this.#assign(statement.name.text, this.#factory.createIdentifier(statement.name.text))];
  }

  #variables(statement: ts.VariableStatement): ts.Statement[] {
    const { declarationList } = statement;
    if (isUsing(declarationList)) {
      // Disposed of when the cell ends; until then, and for later cells, the name is in the scope too.
      const declarations = declarationList.declarations.map((declaration) => {
        const name = declaration.name as ts.Identifier;
        const value =
          declaration.initializer === undefined
            ? undefined
            : this.#factory.createAssignment(
                this.#scoped(name.text),
                this.#named(name.text, declaration.initializer),
              );
        return this.#factory.updateVariableDeclaration(declaration, name, undefined, undefined, value);
      });
      return [
        this.#factory.updateVariableStatement(
          statement,
          undefined,
          this.#factory.updateVariableDeclarationList(declarationList, declarations),
        ),
      ];
    }
    const isVar = (declarationList.flags & ts.NodeFlags.BlockScoped) === 0;
    return declarationList.declarations.flatMap((declaration) => {
      if (declaration.initializer === undefined && isVar) return [];
      const expression = this.#assignment(declaration);
      return [ts.setTextRange(this.#factory.createExpressionStatement(expression), declaration)];
    });
  }

  /** `a = 1` or `({ a, b: [c] } = f())`, with every name in the scope. */
  #assignment(declaration: ts.VariableDeclaration): ts.Expression {
    const { name, initializer } = declaration;
    const value =
      initializer === undefined
        ? this.#factory.createVoidZero()
        : ts.isIdentifier(name)
          ? this.#named(name.text, initializer)
          : this.#visitNode(initializer, ts.isExpression);
    const assignment = ts.setTextRange(
      this.#factory.createAssignment(this.#target(name), value),
      declaration,
    );
    return ts.isObjectBindingPattern(name)
      ? this.#factory.createParenthesizedExpression(assignment)
      : assignment;
  }

  /** A binding as the target of an assignment. */
  #target(name: ts.BindingName): ts.Expression {
    if (ts.isIdentifier(name)) return ts.setTextRange(this.#scoped(name.text), name);
    if (ts.isArrayBindingPattern(name)) {
      const elements = name.elements.map((element) => {
        if (ts.isOmittedExpression(element)) return element;
        const target = this.#targetWithDefault(element);
        return element.dotDotDotToken === undefined ? target : this.#factory.createSpreadElement(target);
      });
      return ts.setTextRange(this.#factory.createArrayLiteralExpression(elements), name);
    }
    const properties = name.elements.map((element) => {
      const target = this.#targetWithDefault(element);
      if (element.dotDotDotToken !== undefined) return this.#factory.createSpreadAssignment(target);
      const key = element.propertyName ?? (element.name as ts.Identifier);
      return this.#factory.createPropertyAssignment(
        ts.isIdentifier(key)
          ? this.#factory.createIdentifier(key.text)
          : this.#visitNode(key, ts.isPropertyName),
        target,
      );
    });
    return ts.setTextRange(this.#factory.createObjectLiteralExpression(properties), name);
  }

  #targetWithDefault({ name, initializer }: ts.BindingElement): ts.Expression {
    const target = this.#target(name);
    if (initializer === undefined) return target;
    const value = ts.isIdentifier(name)
      ? this.#named(name.text, initializer)
      : this.#visitNode(initializer, ts.isExpression);
    return this.#factory.createAssignment(target, value);
  }

  /** An anonymous function or class gets its variable's name, which assigning to a property would not give it. */
  #named(name: string, value: ts.Expression): ts.Expression {
    const visited = this.#visitNode(value, ts.isExpression);
    if (!isAnonymousFunction(value)) return visited;
    const key = this.#factory.createComputedPropertyName(this.#factory.createStringLiteral(name));
    const property = name === "__proto__" ? key : this.#factory.createIdentifier(name);
    return this.#factory.createPropertyAccessExpression(
      this.#factory.createObjectLiteralExpression([
        this.#factory.createPropertyAssignment(property, visited),
      ]),
      name,
    );
  }

  #result(statement: ts.ExpressionStatement): ts.Statement {
    const value = this.#visitNode(statement.expression, ts.isExpression);
    const call = this.#factory.createCallExpression(this.#runtimeMember("result"), undefined, [value]);
    return ts.setTextRange(this.#factory.createExpressionStatement(call), statement);
  }

  #import(statement: ts.ImportDeclaration): ts.Statement[] {
    const clause = statement.importClause;
    const load = this.#load(statement.moduleSpecifier, attributesOf(statement, this.#factory));
    if (clause === undefined) return [this.#statement(load, statement)];
    if (clause.phaseModifier === ts.SyntaxKind.TypeKeyword) return [];
    const bindings = clause.namedBindings;
    if (bindings !== undefined && ts.isNamespaceImport(bindings) && clause.name === undefined)
      return [this.#assign(bindings.name.text, load, statement)];
    const targets: ts.ObjectLiteralElementLike[] = [];
    const take = (key: string, name: string): void => {
      if (!this.#names.values.has(name)) return;
      targets.push(
        this.#factory.createPropertyAssignment(this.#factory.createStringLiteral(key), this.#scoped(name)),
      );
    };
    if (clause.name !== undefined) take("default", clause.name.text);
    if (bindings !== undefined && ts.isNamedImports(bindings))
      for (const { propertyName, name, isTypeOnly } of bindings.elements)
        if (!isTypeOnly) take((propertyName ?? name).text, name.text);
    if (bindings !== undefined && ts.isNamespaceImport(bindings)) {
      // import d, * as all from "m"
      const pattern = this.#factory.createObjectLiteralExpression(targets);
      const all = this.#factory.createAssignment(this.#scoped(bindings.name.text), load);
      return [
        this.#statement(
          this.#factory.createParenthesizedExpression(this.#factory.createAssignment(pattern, all)),
          statement,
        ),
      ];
    }
    // Types alone: nothing to load, as TypeScript itself leaves such an import out.
    if (targets.length === 0 && (clause.name !== undefined || bindings !== undefined)) {
      const empty = bindings !== undefined && ts.isNamedImports(bindings) && bindings.elements.length === 0;
      return empty && clause.name === undefined ? [this.#statement(load, statement)] : [];
    }
    const pattern = this.#factory.createObjectLiteralExpression(targets);
    return [
      this.#statement(
        this.#factory.createParenthesizedExpression(this.#factory.createAssignment(pattern, load)),
        statement,
      ),
    ];
  }

  #reexport(statement: ts.ExportDeclaration): ts.Statement[] {
    if (statement.moduleSpecifier === undefined || statement.isTypeOnly) return [];
    return [this.#statement(this.#load(statement.moduleSpecifier, undefined), statement)];
  }

  #importEquals(statement: ts.ImportEqualsDeclaration): ts.Statement[] {
    const { moduleReference, name } = statement;
    if (statement.isTypeOnly || !this.#names.values.has(name.text)) return [];
    if (!ts.isExternalModuleReference(moduleReference))
      return [this.#assign(name.text, this.#entity(moduleReference), statement)];
    // What `require` gives: the module's own `module.exports` where there is one.
    const exports = this.#factory.createIdentifier(
      `((module) => "module.exports" in module ? module["module.exports"] : module.default ?? module)`,
    );
    const load = this.#load(moduleReference.expression, undefined);
    return [
      this.#assign(name.text, this.#factory.createCallExpression(exports, undefined, [load]), statement),
    ];
  }

  #entity(name: ts.EntityName): ts.Expression {
    return ts.isIdentifier(name)
      ? this.#visitNode(name, ts.isExpression)
      : this.#factory.createPropertyAccessExpression(this.#entity(name.left), name.right.text);
  }

  /** `await cell.await(cell.import("x"))` */
  #load(specifier: ts.Expression, attributes: ts.Expression | undefined): ts.Expression {
    const module = ts.isStringLiteralLike(specifier)
      ? this.#factory.createStringLiteral(this.#request.specifier(specifier.text))
      : specifier;
    const load = this.#factory.createCallExpression(
      this.#runtimeMember("import"),
      undefined,
      attributes === undefined ? [module] : [module, attributes],
    );
    return this.#await(ts.setTextRange(load, specifier));
  }

  #await(value: ts.Expression): ts.AwaitExpression {
    return this.#factory.createAwaitExpression(
      this.#factory.createCallExpression(this.#runtimeMember("await"), undefined, [value]),
    );
  }

  #statement(expression: ts.Expression, origin: ts.Node): ts.Statement {
    return ts.setTextRange(this.#factory.createExpressionStatement(expression), origin);
  }

  #assign(name: string, value: ts.Expression, origin?: ts.Node): ts.Statement {
    const assignment = this.#factory.createAssignment(this.#scoped(name), value);
    const statement = this.#factory.createExpressionStatement(assignment);
    return origin === undefined ? statement : ts.setTextRange(statement, origin);
  }

  #scoped(name: string): ts.PropertyAccessExpression {
    return this.#factory.createPropertyAccessExpression(
      this.#factory.createIdentifier(this.#runtime.scope),
      name,
    );
  }

  #runtimeMember(name: string): ts.PropertyAccessExpression {
    return this.#factory.createPropertyAccessExpression(
      this.#factory.createIdentifier(this.#runtime.cell),
      name,
    );
  }

  #isScoped(node: ts.Node): node is ts.Identifier {
    return ts.isIdentifier(node) && this.#names.references.has(node.getStart(this.#file));
  }

  #visitNode<T extends ts.Node>(node: ts.Node, test: (node: ts.Node) => node is T): T {
    return ts.visitNode(node, this.#visit, test);
  }

  #within<T>(place: Place, action: () => T): T {
    const before = this.#place;
    this.#place = place;
    try {
      return action();
    } finally {
      this.#place = before;
    }
  }

  readonly #visit = (node: ts.Node): ts.VisitResult<ts.Node> => {
    if (ts.isTypeNode(node) && !ts.isExpressionWithTypeArguments(node)) return node;
    const place = placeInside(node, this.#place);
    return place === this.#place ? this.#rewrite(node) : this.#within(place, () => this.#rewrite(node));
  };

  #children<T extends ts.Node>(node: T): T {
    return ts.visitEachChild(node, this.#visit, this.#context);
  }

  #rewrite(node: ts.Node): ts.VisitResult<ts.Node> {
    const factory = this.#factory;
    if (ts.isIdentifier(node))
      return this.#isScoped(node) ? ts.setTextRange(this.#scoped(node.text), node) : node;
    if (ts.isTypeNode(node)) {
      // `extends Base<T>` and `f<number>`: the expression counts, the types go.
      return ts.isExpressionWithTypeArguments(node)
        ? factory.updateExpressionWithTypeArguments(
            node,
            this.#visitNode(node.expression, ts.isLeftHandSideExpression),
            node.typeArguments,
          )
        : node;
    }
    if (ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)) return node;
    if (ts.isHeritageClause(node) && node.token === ts.SyntaxKind.ImplementsKeyword) return node;
    if (node.kind === ts.SyntaxKind.ThisKeyword && this.#place.topThis) return factory.createVoidZero();
    if (ts.isShorthandPropertyAssignment(node)) return this.#shorthand(node);
    if (ts.isAwaitExpression(node))
      return ts.setTextRange(this.#await(this.#visitNode(node.expression, ts.isExpression)), node);
    if (ts.isMetaProperty(node) && node.keywordToken === ts.SyntaxKind.ImportKeyword)
      return node.name.text === "meta" ? ts.setTextRange(this.#runtimeMember("meta"), node) : node;
    if (ts.isCallExpression(node)) return this.#call(node);
    if (ts.isTaggedTemplateExpression(node))
      return factory.updateTaggedTemplateExpression(
        node,
        this.#callee(node.tag),
        node.typeArguments,
        this.#visitNode(node.template, ts.isTemplateLiteral),
      );
    if (
      ts.isBinaryExpression(node) &&
      this.#isScoped(node.left) &&
      isPlainAssignment(node.operatorToken.kind)
    )
      return factory.updateBinaryExpression(
        node,
        this.#visitNode(node.left, ts.isExpression),
        node.operatorToken,
        this.#named(node.left.text, node.right),
      );
    const inlined = this.#names.constants.get(node.getStart(this.#file));
    if (
      inlined !== undefined &&
      (ts.isPropertyAccessExpression(node) || ts.isElementAccessExpression(node))
    ) {
      if (inlined.end === node.end) return literal(inlined.value, factory);
    }
    if (this.#place.topLevel) {
      if (ts.isVariableStatement(node) && isVar(node.declarationList)) {
        const [first, ...rest] = this.#variables(node);
        if (first === undefined) return factory.createEmptyStatement();
        return rest.length === 0 ? first : factory.createBlock([first, ...rest]);
      }
      if (ts.isForStatement(node) && node.initializer !== undefined && isVar(node.initializer))
        return this.#forStatement(node, node.initializer);
      if ((ts.isForOfStatement(node) || ts.isForInStatement(node)) && isVar(node.initializer))
        return this.#forEach(node, node.initializer);
    }
    if (ts.isForOfStatement(node) && node.awaitModifier !== undefined)
      return this.#forAwait(this.#children(node));
    return this.#children(node);
  }

  #shorthand(node: ts.ShorthandPropertyAssignment): ts.ObjectLiteralElementLike {
    const { name, objectAssignmentInitializer } = node;
    const initializer = objectAssignmentInitializer;
    if (!this.#isScoped(name))
      return initializer === undefined
        ? node
        : this.#factory.updateShorthandPropertyAssignment(
            node,
            name,
            this.#visitNode(initializer, ts.isExpression),
          );
    const scoped = ts.setTextRange(this.#scoped(name.text), name);
    return this.#factory.createPropertyAssignment(
      this.#factory.createIdentifier(name.text),
      initializer === undefined
        ? scoped
        : this.#factory.createAssignment(scoped, this.#named(name.text, initializer)),
    );
  }

  #call(node: ts.CallExpression): ts.Expression {
    const factory = this.#factory;
    const args = node.arguments.map((argument) => this.#visitNode(argument, ts.isExpression));
    if (node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      const [first, ...rest] = args;
      const specifier =
        first !== undefined && ts.isStringLiteralLike(first)
          ? factory.createStringLiteral(this.#request.specifier(first.text))
          : first;
      const all = specifier === undefined ? [] : [specifier, ...rest];
      return ts.setTextRange(
        factory.createCallExpression(this.#runtimeMember("import"), undefined, all),
        node,
      );
    }
    const callee = this.#callee(node.expression);
    return ts.isCallChain(node)
      ? factory.updateCallChain(node, callee, node.questionDotToken, undefined, args)
      : factory.updateCallExpression(node, callee, undefined, args);
  }

  /** `(0, scope.f)`: called through the scope, a function would find the scope as its `this`. */
  #callee(node: ts.LeftHandSideExpression): ts.LeftHandSideExpression {
    const inner = withoutWrapping(node);
    if (!this.#isScoped(inner)) return this.#visitNode(node, ts.isLeftHandSideExpression);
    const scoped = ts.setTextRange(this.#scoped(inner.text), inner);
    return ts.setTextRange(
      this.#factory.createParenthesizedExpression(
        this.#factory.createComma(this.#factory.createNumericLiteral(0), scoped),
      ),
      node,
    );
  }

  #forStatement(node: ts.ForStatement, list: ts.VariableDeclarationList): ts.Statement {
    const assignments: readonly ts.Expression[] = list.declarations
      .filter(({ initializer }) => initializer !== undefined)
      .map((declaration) => this.#assignment(declaration));
    return this.#factory.updateForStatement(
      node,
      assignments.reduceRight((rest, first) => this.#factory.createComma(first, rest)),
      node.condition && this.#visitNode(node.condition, ts.isExpression),
      node.incrementor && this.#visitNode(node.incrementor, ts.isExpression),
      this.#visitNode(node.statement, ts.isStatement),
    );
  }

  #forEach(node: ts.ForOfStatement | ts.ForInStatement, list: ts.VariableDeclarationList): ts.Statement {
    const [declaration] = list.declarations;
    const initializer = declaration === undefined ? list : this.#target(declaration.name);
    const expression = this.#visitNode(node.expression, ts.isExpression);
    const statement = this.#visitNode(node.statement, ts.isStatement);
    if (ts.isForInStatement(node))
      return this.#factory.updateForInStatement(node, initializer, expression, statement);
    const updated = this.#factory.updateForOfStatement(
      node,
      node.awaitModifier,
      initializer,
      expression,
      statement,
    );
    return node.awaitModifier === undefined ? updated : this.#forAwait(updated);
  }

  #forAwait(node: ts.ForOfStatement): ts.ForOfStatement {
    this.#runtime.iterates = true;
    return this.#factory.updateForOfStatement(
      node,
      node.awaitModifier,
      node.initializer,
      this.#factory.createCallExpression(this.#factory.createIdentifier(this.#runtime.iterate), undefined, [
        node.expression,
      ]),
      node.statement,
    );
  }
}

function placeInside(node: ts.Node, place: Place): Place {
  if (ts.isArrowFunction(node)) return place.topLevel ? { ...place, topLevel: false } : place;
  if (
    ts.isFunctionLike(node) ||
    ts.isClassLike(node) ||
    ts.isModuleBlock(node) ||
    ts.isClassStaticBlockDeclaration(node)
  )
    return INSIDE;
  return place;
}

const INSIDE: Place = { topLevel: false, topThis: false };

function isVar(node: ts.Node): node is ts.VariableDeclarationList {
  return ts.isVariableDeclarationList(node) && (node.flags & ts.NodeFlags.BlockScoped) === 0;
}

/** `using` is a flag of its own, `await using` that of `using` and that of `const`. */
function isUsing({ flags }: ts.VariableDeclarationList): boolean {
  return (flags & ts.NodeFlags.Using) !== 0;
}

function isDeclare(statement: ts.Statement): boolean {
  return (
    ts.canHaveModifiers(statement) &&
    (ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.DeclareKeyword) ?? false)
  );
}

/** A namespace with nothing but types in it leaves nothing behind. */
function hasValues(node: ts.ModuleDeclaration): boolean {
  const { body } = node;
  if (body === undefined || !ts.isModuleBlock(body)) return body !== undefined;
  return body.statements.some(
    (statement) =>
      !ts.isInterfaceDeclaration(statement) &&
      !ts.isTypeAliasDeclaration(statement) &&
      !isDeclare(statement) &&
      (!ts.isModuleDeclaration(statement) || hasValues(statement)),
  );
}

function withoutWrapping(node: ts.Expression): ts.Expression {
  if (
    ts.isParenthesizedExpression(node) ||
    ts.isNonNullExpression(node) ||
    ts.isAsExpression(node) ||
    ts.isSatisfiesExpression(node) ||
    ts.isTypeAssertionExpression(node) ||
    ts.isExpressionWithTypeArguments(node)
  )
    return withoutWrapping(node.expression);
  return node;
}

function isAnonymousFunction(node: ts.Expression): boolean {
  const inner = withoutWrapping(node);
  return (
    ts.isArrowFunction(inner) ||
    (ts.isFunctionExpression(inner) && inner.name === undefined) ||
    (ts.isClassExpression(inner) && inner.name === undefined)
  );
}

function isPlainAssignment(kind: ts.SyntaxKind): boolean {
  return (
    kind === ts.SyntaxKind.EqualsToken ||
    kind === ts.SyntaxKind.BarBarEqualsToken ||
    kind === ts.SyntaxKind.AmpersandAmpersandEqualsToken ||
    kind === ts.SyntaxKind.QuestionQuestionEqualsToken
  );
}

function literal(value: string | number, factory: ts.NodeFactory): ts.Expression {
  if (typeof value === "string") return factory.createStringLiteral(value);
  return value < 0
    ? factory.createParenthesizedExpression(
        factory.createPrefixUnaryExpression(ts.SyntaxKind.MinusToken, factory.createNumericLiteral(-value)),
      )
    : factory.createNumericLiteral(value);
}

/** `with { type: "json" }` as the options of `import()`. */
function attributesOf(statement: ts.ImportDeclaration, factory: ts.NodeFactory): ts.Expression | undefined {
  if (statement.attributes === undefined) return undefined;
  const pairs = statement.attributes.elements.map(({ name, value }) =>
    factory.createPropertyAssignment(factory.createStringLiteral(name.text), value),
  );
  const attributes = factory.createObjectLiteralExpression(pairs);
  return factory.createObjectLiteralExpression([factory.createPropertyAssignment("with", attributes)]);
}
