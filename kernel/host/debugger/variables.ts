import type { Runtime } from "node:inspector";
import { DapError, type DapVariable } from "./dap.ts";
import { ELEMENTS, PROPERTIES, SCOPE } from "./executor-handle.ts";
import type { Inspector } from "./inspector.ts";
import { lengthOf, typeText, valueText } from "./remote-value.ts";

/** Elements of an array that are shown in one list; longer ones are shown in pieces of this length, or of its powers. */
const PIECE = 100;

/** Properties of one object that are shown. */
const PROPERTY_LIMIT = 1000;

/** Names that the compiler gives in the code of a cell; nobody wrote them. */
const COMPILERS = /^(\$(cell|scope|iterate)\$*|__[a-z]\w*|_?this\d*|arguments)$/;

/** What a `variablesReference` stands for. */
type Reference =
  | {
      readonly kind: "object";
      readonly objectId: string;
      readonly path: string | undefined;
      /** The inspector's own view of a value, such as the entries of a map. */
      readonly isView: boolean;
    }
  | { readonly kind: "elements"; readonly objectId: string; readonly start: number; readonly end: number }
  | {
      readonly kind: "list";
      readonly list: readonly DapVariable[];
      readonly holder: ListHolder | undefined;
    };

/** Whose variables a list has: those of all cells, or of the frame with this id. */
export type ListHolder = { readonly kind: "cells" } | { readonly kind: "frame"; readonly frameId: number };

/** Where something may be assigned: to a variable, or to a property of an object. */
export type Assignable = ListHolder | { readonly kind: "object"; readonly objectId: string };

const CELLS: ListHolder = { kind: "cells" };

/** Objects of this name live until the next list of variables, those of a stop until the executor goes on. */
export type ObjectGroup = "variables" | "stop";

/** Values of the executor as variables of the Debug Adapter Protocol. */
export class Variables {
  readonly #inspector: Inspector;
  readonly #references = new Map<number, Reference>();
  /** Never used twice, lest an old reference shows another value. */
  #last = 0;
  /**
   * JupyterLab shows a variable's type in the place of its value where it does not know the type from Python: it gets no
   * types.
   */
  hasTypes = true;

  constructor(inspector: Inspector) {
    this.#inspector = inspector;
  }

  /** Forgets all references: the values may be gone. */
  clear(): void {
    this.#references.clear();
  }

  /** A value, with a reference to what is inside. */
  variable(name: string, value: Runtime.RemoteObject, evaluateName?: string, isView = false): DapVariable {
    const length = lengthOf(value);
    return {
      name,
      value: valueText(value),
      ...(this.hasTypes && { type: typeText(value) }),
      variablesReference: this.#inside(value, length, evaluateName, isView),
      ...(evaluateName !== undefined && { evaluateName }),
      ...(length !== undefined && { indexedVariables: length }),
    };
  }

  /** Variables that are known already, as something to be opened. */
  list(list: readonly DapVariable[], holder?: ListHolder): number {
    return this.#refer({ kind: "list", list, holder });
  }

  /** Where a variable of this name that is inside may be assigned to. @throws DapError where it cannot */
  assignable(reference: number, name: string): Assignable {
    const known = this.#known(reference);
    if (known.kind === "elements") return { kind: "object", objectId: known.objectId };
    if (known.kind === "object" && !known.isView) return { kind: "object", objectId: known.objectId };
    const isThere = known.kind === "list" && known.list.some((each) => each.name === name);
    if (known.kind === "object" || !known.holder || !isThere || name === "this")
      throw new DapError(`"${name.slice(0, 80)}" cannot be set`);
    return known.holder;
  }

  /** What is inside. @throws DapError where the reference is of an earlier stop */
  async inside(reference: number): Promise<readonly DapVariable[]> {
    const known = this.#known(reference);
    if (known.kind === "list") return known.list;
    const { objectId } = known;
    if (known.kind === "object") return this.#properties(objectId, known.path);
    const { start, end } = known;
    if (end - start > PIECE) return this.#pieces(objectId, start, end);
    const part = await this.#part(objectId, ELEMENTS, [start, end]);
    return this.#properties(part, undefined);
  }

  #known(reference: number): Reference {
    const known = this.#references.get(reference);
    if (!known) throw new DapError(`there is no value with the reference ${reference} any more`);
    return known;
  }

  /** The variables of all cells: values first, then functions and classes, each together. */
  async ofCells(
    group: ObjectGroup,
  ): Promise<{ readonly variables: readonly DapVariable[]; readonly names: ReadonlySet<string> }> {
    const { result } = await this.#inspector.call("Runtime.evaluate", {
      expression: SCOPE,
      objectGroup: group,
      silent: true,
    });
    if (result.objectId === undefined) throw new DapError("the executor has no variables");
    const { result: properties } = await this.#own(result.objectId);
    const values: DapVariable[] = [];
    const functions: DapVariable[] = [];
    const classes: DapVariable[] = [];
    for (const { name, value } of properties) {
      if (!value) continue;
      const kind = value.type !== "function" ? values : isClass(value) ? classes : functions;
      kind.push(this.variable(name, value, name));
    }
    // The names by which JupyterLab knows that these are no variables.
    const groups = [
      ...this.#group("function variables", functions),
      ...this.#group("class variables", classes),
    ];
    return { variables: [...values, ...groups], names: new Set(properties.map(({ name }) => name)) };
  }

  /** The own variables of scopes of the inspector, the innermost first; none twice. */
  async ofScopes(objectIds: readonly string[]): Promise<Map<string, DapVariable>> {
    const variables = new Map<string, DapVariable>();
    for (const objectId of objectIds) {
      const { result } = await this.#own(objectId);
      for (const { name, value } of result) {
        if (!value || variables.has(name) || COMPILERS.test(name)) continue;
        variables.set(name, this.variable(name, value, name));
      }
    }
    return variables;
  }

  /** All names in scopes of the inspector, the compiler's among them. */
  async namesIn(objectIds: readonly string[]): Promise<string[]> {
    const all = await Promise.all(objectIds.map((objectId) => this.#own(objectId)));
    return all.flatMap(({ result }) => result.map(({ name }) => name));
  }

  #group(name: string, list: readonly DapVariable[]): DapVariable[] {
    if (list.length === 0) return [];
    const value = `${list.length}: ${list.map((each) => each.name).join(", ")}`;
    return [{ name, value: value.slice(0, 200), variablesReference: this.list(list, CELLS) }];
  }

  #refer(reference: Reference): number {
    this.#references.set(++this.#last, reference);
    return this.#last;
  }

  #inside(
    value: Runtime.RemoteObject,
    length: number | undefined,
    path: string | undefined,
    isView: boolean,
  ): number {
    const { objectId, type } = value;
    if (objectId === undefined || type === "symbol" || length === 0) return 0;
    if (length !== undefined && length > PIECE && !isView)
      return this.#refer({ kind: "elements", objectId, start: 0, end: length });
    return this.#refer({ kind: "object", objectId, path, isView: isView || isEntry(value) });
  }

  #own(objectId: string): Promise<Runtime.GetPropertiesReturnType> {
    return this.#inspector.call("Runtime.getProperties", {
      objectId,
      ownProperties: true,
      generatePreview: true,
    });
  }

  /** At most PIECE pieces, each of PIECE elements or of a power of that. */
  #pieces(objectId: string, start: number, end: number): DapVariable[] {
    let size = PIECE;
    while ((end - start) / size > PIECE) size *= PIECE;
    return Array.from({ length: Math.ceil((end - start) / size) }, (_, index) => {
      const from = start + index * size;
      const to = Math.min(from + size, end);
      return {
        name: `${from} … ${to - 1}`,
        value: "",
        variablesReference: this.#refer({ kind: "elements", objectId, start: from, end: to }),
      };
    });
  }

  async #part(objectId: string, functionDeclaration: string, values: readonly number[]): Promise<string> {
    const { result } = await this.#inspector.call("Runtime.callFunctionOn", {
      objectId,
      functionDeclaration,
      arguments: values.map((value) => ({ value })),
      silent: true,
    });
    if (result.objectId === undefined) throw new DapError("the value has nothing to show");
    return result.objectId;
  }

  async #properties(objectId: string, path: string | undefined): Promise<readonly DapVariable[]> {
    const { result: count } = await this.#inspector.call("Runtime.callFunctionOn", {
      objectId,
      functionDeclaration: "function () { return Object.keys(this).length; }",
      returnByValue: true,
      silent: true,
    });
    const total = Number(count.value ?? 0);
    const shown =
      total > PROPERTY_LIMIT ? await this.#part(objectId, PROPERTIES, [PROPERTY_LIMIT]) : objectId;
    const { result, internalProperties = [], ...others } = await this.#own(shown);
    // Node's types lack them.
    const { privateProperties = [] } = others as {
      privateProperties?: readonly Runtime.PropertyDescriptor[];
    };
    const own = result.flatMap((property) => this.#property(property, path));
    const hidden = privateProperties.flatMap((property) => this.#property(property, undefined));
    const inner = internalProperties
      .filter(({ name }) => INNER.has(name))
      .flatMap(({ name, value }) =>
        value ? [this.variable(name.slice(2, -2), value, undefined, true)] : [],
      );
    const left = total - PROPERTY_LIMIT;
    const more = left > 0 ? [{ name: "…", value: `${left} more`, variablesReference: 0 }] : [];
    return [...inner, ...own, ...hidden, ...more];
  }

  #property(
    { name, value, get, isOwn }: Runtime.PropertyDescriptor,
    path: string | undefined,
  ): DapVariable[] {
    if (name === "__proto__" || isOwn === false) return [];
    if (!value) return get ? [{ name, value: "(a getter, not called)", variablesReference: 0 }] : [];
    return [this.variable(name, value, path === undefined ? undefined : access(path, name))];
  }
}

/** Of what the inspector knows of a value beside its properties: entries of maps and sets, states of promises. */
const INNER: ReadonlySet<string> = new Set([
  "[[Entries]]",
  "[[PromiseState]]",
  "[[PromiseResult]]",
  "[[Target]]",
  "[[PrimitiveValue]]",
]);

function isClass({ description = "" }: Runtime.RemoteObject): boolean {
  return /^class\b/.test(description);
}

/** What the inspector makes of a key and a value of a map. */
function isEntry({ subtype }: Runtime.RemoteObject): boolean {
  return subtype?.startsWith("internal#") === true;
}

/** The expression for a property of what another expression means. */
function access(path: string, name: string): string {
  if (/^\d+$/.test(name)) return `${path}[${name}]`;
  return /^[A-Za-z_$][\w$]*$/.test(name) ? `${path}.${name}` : `${path}[${JSON.stringify(name)}]`;
}
