import ts from "./typescript.cjs";
import { wordAround } from "./complete.ts";
import type { Draft } from "./draft.ts";
import { importStatement, type Importable } from "./importable.ts";
import type { Inspection } from "./protocol.ts";

/**
 * What is under the cursor or just left of it; between the parentheses of a call, the function that is called; for
 * a name that no cell has imported, what to import.
 */
export function inspect(
  service: ts.LanguageService,
  draft: Draft,
  offset: number,
  importable: (name: string) => Importable | undefined,
  open: (source: string) => Draft,
): Inspection | undefined {
  const word = wordAround(draft.source, offset);
  const unknown = importableAt(service, draft, word, importable);
  if (unknown !== undefined) return inspectImport(service, unknown, word, open);
  const at = word.start === word.end ? [offset] : [offset, word.start];
  for (const position of at) {
    const found = service.getQuickInfoAtPosition(draft.fileName, draft.start + position);
    if (found === undefined || found.textSpan.start < draft.start) continue;
    if (isMeaningless(found)) continue;
    return fromQuickInfo(found, draft);
  }
  const call = callAround(service, draft, offset);
  if (call !== undefined) return call;
  // Just right of a bracket or a dot: what stands left of it.
  const left =
    offset > 0 ? service.getQuickInfoAtPosition(draft.fileName, draft.start + offset - 1) : undefined;
  return left === undefined || left.textSpan.start < draft.start || word.start !== word.end
    ? undefined
    : fromQuickInfo(left, draft);
}

/** What the checker says of a name that nothing declares. */
function isMeaningless({ kind, displayParts }: ts.QuickInfo): boolean {
  return kind === ts.ScriptElementKind.unknown && ts.displayPartsToString(displayParts) === "any";
}

function fromQuickInfo(found: ts.QuickInfo, draft: Draft): Inspection {
  const start = found.textSpan.start - draft.start;
  return {
    signature: withoutImports(ts.displayPartsToString(found.displayParts)),
    documentation: markdown(found.documentation, found.tags),
    start,
    end: start + found.textSpan.length,
  };
}

/** Names of earlier cells reach the checker as imports; readers need not see that. */
function withoutImports(signature: string): string {
  const lines = signature
    .replace(/^\(alias\) (?=[\w$]+[(<])/, "function ")
    .replace(/^\(alias\) /, "")
    .split("\n");
  const last = lines[lines.length - 1] ?? "";
  return (lines.length > 1 && /^import [\w$]+$/.test(last) ? lines.slice(0, -1) : lines)
    .join("\n")
    .replace(/import\("[^"]*\[cell-\d+\][^"]*"\)\./g, "");
}

function callAround(service: ts.LanguageService, draft: Draft, offset: number): Inspection | undefined {
  const help = service.getSignatureHelpItems(draft.fileName, draft.start + offset, {});
  if (help === undefined) return undefined;
  const selected = help.items[help.selectedItemIndex];
  if (selected === undefined) return undefined;
  const signatures = [selected, ...help.items.filter((item) => item !== selected)].map(signatureOf);
  const argument = selected.parameters[Math.min(help.argumentIndex, selected.parameters.length - 1)];
  const explained = argument === undefined ? "" : ts.displayPartsToString(argument.documentation);
  const current = argument === undefined || explained === "" ? "" : `**${argument.name}** — ${explained}`;
  return {
    signature: withoutImports(signatures.join("\n")),
    documentation: [current, markdown(selected.documentation, selected.tags)]
      .filter((part) => part !== "")
      .join("\n\n"),
    start: help.applicableSpan.start - draft.start,
    end: help.applicableSpan.start - draft.start + help.applicableSpan.length,
  };
}

function signatureOf(item: ts.SignatureHelpItem): string {
  const parameters = item.parameters.map(({ displayParts }) => ts.displayPartsToString(displayParts));
  const [prefix, separator, suffix] = [
    item.prefixDisplayParts,
    item.separatorDisplayParts,
    item.suffixDisplayParts,
  ].map((parts) => ts.displayPartsToString(parts));
  return `${prefix ?? ""}${parameters.join(separator)}${suffix ?? ""}`;
}

interface Word {
  readonly start: number;
  readonly end: number;
}

/** A name that means nothing yet but that a module exports. */
function importableAt(
  service: ts.LanguageService,
  draft: Draft,
  word: Word,
  importable: (name: string) => Importable | undefined,
): Importable | undefined {
  const name = draft.source.slice(word.start, word.end);
  if (name.length < 3 || /\.\s*$/.test(draft.source.slice(0, word.start))) return undefined;
  const quick = service.getQuickInfoAtPosition(draft.fileName, draft.start + word.start);
  return quick !== undefined && !isMeaningless(quick) ? undefined : importable(name);
}

/** What a name would be, were it imported. */
function inspectImport(
  service: ts.LanguageService,
  importable: Importable,
  { start, end }: Word,
  open: (source: string) => Draft,
): Inspection | undefined {
  const statement = importStatement(importable);
  const draft = open(statement);
  const found = service.getQuickInfoAtPosition(
    draft.fileName,
    draft.start + statement.indexOf(importable.name),
  );
  if (found === undefined) return undefined;
  const { signature, documentation } = fromQuickInfo(found, draft);
  const parts = [`\`${statement}\``, documentation].filter((part) => part !== "");
  return { signature, documentation: parts.join("\n\n"), start, end };
}

/** JSDoc as Markdown. */
function markdown(
  documentation: readonly ts.SymbolDisplayPart[] | undefined,
  tags: readonly ts.JSDocTagInfo[] | undefined,
): string {
  const text = linked(documentation);
  return [text, ...(tags ?? []).map(tagMarkdown)].filter((part) => part !== "").join("\n\n");
}

function tagMarkdown({ name, text }: ts.JSDocTagInfo): string {
  const content = linked(text);
  if (name === "example") {
    const isFenced = content.includes("```");
    return `**Example**\n\n${isFenced ? content : `\`\`\`ts\n${content}\n\`\`\``}`;
  }
  if (name === "param" || name === "template" || name === "typeParam") {
    const parameter = text?.find(
      ({ kind }) => kind === "parameterName" || kind === "typeParameterName",
    )?.text;
    const rest = parameter === undefined ? content : content.slice(parameter.length).replace(/^[\s-–—]+/, "");
    return `*@${name}* \`${parameter ?? ""}\`${rest === "" ? "" : ` — ${rest}`}`;
  }
  return content === "" ? `*@${name}*` : `*@${name}* — ${content}`;
}

/** `{@link name label}` reads as its label, or as the name. */
function linked(parts: readonly ts.SymbolDisplayPart[] | undefined): string {
  let text = "";
  let name = "";
  let label = "";
  let isOpen = false;
  for (const part of parts ?? []) {
    if (part.kind === "linkName") name = part.text;
    else if (part.kind === "linkText") label = part.text.trim();
    else if (part.kind !== "link") text += part.text;
    else {
      // A link part each opens and closes it.
      if (isOpen) text += linkMarkdown(name, label);
      isOpen = !isOpen;
      name = "";
      label = "";
    }
  }
  return text.trim();
}

function linkMarkdown(name: string, label: string): string {
  const url = /^(https?:\S+)\s*\|?\s*(.*)$/.exec(`${name}${label}`);
  if (url !== null)
    return url[2] === "" || url[2] === undefined ? (url[1] ?? "") : `[${url[2]}](${url[1] ?? ""})`;
  return label === "" ? `\`${name}\`` : label.replace(/^\|\s*/, "");
}
