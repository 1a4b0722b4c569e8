import { DISPLAY, type MimeBundle } from "../../display/index.ts";
import { barColour, CELL_STYLE, escapedHtml, HEAD_STYLE, TABLE_STYLE } from "../html.ts";
import { INSPECT } from "../inspection.ts";
import { numberText } from "../number-text.ts";
import { visibleLabel } from "../visible-label.ts";

/** A place on an axis. Among a path's steps the axis `+` stands for the addends of a sum. */
export interface Step {
  readonly axis: string;
  readonly index: number;
  /** The label, or the index as a string where the axis has none. */
  readonly label: string;
}

/** A given number that is multiplied into a term: a cell of a tensor, or a plain number that scaled one. */
export interface Factor {
  /** The tensor's name, if it has one. */
  readonly name?: string;
  /** Which cell of it; empty for a plain number. */
  readonly cell: readonly Step[];
  readonly value: number;
}

/** That a product brought what stood in one place into another: from the key `ball` to the query `blue`. */
export interface Move {
  readonly from: Step;
  readonly to: Step;
}

/** One summand of a cell. */
export interface Term {
  readonly value: number;
  /** Whether it makes the cell larger or smaller. */
  readonly kind: "enhanced" | "inhibited";
  /** The places it went through: one step for each sum, from the left of the product to its right. */
  readonly path: readonly Step[];
  /** The given numbers whose product it is; empty for a group of several paths. */
  readonly factors: readonly Factor[];
  /** What it moved, the farthest source first; empty when the axes don't say so. */
  readonly moved: readonly Move[];
}

/** What an explanation consists of. */
export interface ExplanationParts {
  readonly name: string | undefined;
  readonly cell: readonly Step[];
  readonly value: number;
  readonly terms: readonly Term[];
  readonly rest: { readonly count: number; readonly value: number };
  readonly note: string | undefined;
}

/** One cell of a product taken apart into the terms whose sum it is. Made by `explain`; shows itself as a table with bars. */
export class Explanation implements ExplanationParts {
  /** The name of the tensor, if it has one. */
  readonly name: string | undefined;
  /** The cell that is explained. */
  readonly cell: readonly Step[];
  /** Its number: the sum of all terms and the rest. */
  readonly value: number;
  /** The terms of the largest size, largest first. */
  readonly terms: readonly Term[];
  /** The other terms that are not 0: how many, and their sum. */
  readonly rest: { readonly count: number; readonly value: number };
  /** What was not followed, and why. */
  readonly note: string | undefined;

  /** Not for cells: use `explain`. */
  constructor({ name, cell, value, terms, rest, note }: ExplanationParts) {
    this.name = name;
    this.cell = cell;
    this.value = value;
    this.terms = terms;
    this.rest = rest;
    this.note = note;
  }

  /** The terms that make the cell larger. */
  get enhanced(): readonly Term[] {
    return this.terms.filter(({ kind }) => kind === "enhanced");
  }

  /** The terms that make the cell smaller. */
  get inhibited(): readonly Term[] {
    return this.terms.filter(({ kind }) => kind === "inhibited");
  }

  /** The terms that brought something from one place into another. */
  get moved(): readonly Term[] {
    return this.terms.filter(({ moved }) => moved.length > 0);
  }

  /** A line for the cell and one for each term. */
  toString(): string {
    const lines = this.terms.map((term) => [
      term.kind,
      signed(term.value),
      pathText(term.path),
      factorsText(term.factors),
      movesText(term.moved),
    ]);
    if (this.rest.count > 0) lines.push(["rest", signed(this.rest.value), restText(this.rest.count), "", ""]);
    const widths = [0, 1, 2, 3].map((place) =>
      Math.max(0, ...lines.map((line) => (line[place] ?? "").length)),
    );
    const rows = lines.map((line) =>
      line
        .map((text, place) => (place === 1 ? text.padStart(widths[1] ?? 0) : text.padEnd(widths[place] ?? 0)))
        .join("  ")
        .trimEnd(),
    );
    return [
      this.#heading(),
      ...rows.map((row) => `  ${row}`),
      ...(this.note === undefined ? [] : [this.note]),
    ].join("\n");
  }

  /** What `console.log` prints. */
  [INSPECT](): string {
    return this.toString();
  }

  /** A table with a bar for each term, and the same as text. */
  [DISPLAY](): MimeBundle {
    return { "text/html": this.#html(), "text/plain": this.toString() };
  }

  #heading(): string {
    const place = this.cell.map(({ axis, label }) => `${axis} ${visibleLabel(label)}`).join(", ");
    const subject = [this.name, place].filter((text) => text !== undefined && text !== "").join(": ");
    return `${subject === "" ? "" : `${subject} = `}${numberText(this.value)}`;
  }

  #html(): string {
    const largest = Math.max(
      ...[...this.terms.map(({ value }) => value), this.rest.value].map(Math.abs).filter(Number.isFinite),
      0,
    );
    const hasMoves = this.moved.length > 0;
    const hasFactors = this.terms.some(({ factors }) => factors.length > 0);
    const left = CELL_STYLE.replace("text-align:right", "text-align:left");
    const row = (kind: string, value: number, texts: readonly string[]): string =>
      `<tr style="background:transparent"><td style="${left}">${kind}</td>` +
      `<td style="${CELL_STYLE}" title="${value}">${signed(value)}</td>` +
      `<td style="${left}">${bar(value, largest)}</td>` +
      texts.map((text) => `<td style="${left}">${escapedHtml(text)}</td>`).join("") +
      "</tr>";
    const columns = (path: string, factors: string, moves: string): string[] => [
      path,
      ...(hasFactors ? [factors] : []),
      ...(hasMoves ? [moves] : []),
    ];
    const rows = this.terms.map((term) =>
      row(
        term.kind,
        term.value,
        columns(pathText(term.path), factorsText(term.factors), movesText(term.moved)),
      ),
    );
    if (this.rest.count > 0)
      rows.push(row("rest", this.rest.value, columns(restText(this.rest.count), "", "")));
    const heads = ["", "value", "", ...columns("through", "numbers multiplied", "moved")];
    const head = heads.map((text) => `<th style="${HEAD_STYLE};text-align:left">${text}</th>`).join("");
    const note =
      this.note === undefined
        ? ""
        : `<div style="opacity:0.7;font-size:smaller">${escapedHtml(this.note)}</div>`;
    return (
      `<div><div style="font-weight:600;padding:2px 6px">${escapedHtml(this.#heading())}</div>` +
      `<table style="${TABLE_STYLE}"><thead><tr style="background:transparent">${head}</tr></thead>` +
      `<tbody>${rows.join("")}</tbody></table>${note}</div>`
    );
  }
}

function signed(value: number): string {
  return value > 0 ? `+${numberText(value)}` : numberText(value);
}

function restText(count: number): string {
  return `${count} more term${count === 1 ? "" : "s"}`;
}

function pathText(path: readonly Step[]): string {
  return path
    .map(({ axis, label }) => (axis === "+" ? visibleLabel(label) : `${axis} ${visibleLabel(label)}`))
    .join(" → ");
}

function factorsText(factors: readonly Factor[]): string {
  return factors
    .map(({ name, cell, value }) => {
      const number = value < 0 ? `(${numberText(value)})` : numberText(value);
      if (cell.length === 0) return name === undefined ? number : `${name} ${number}`;
      const place = cell.map(({ label }) => visibleLabel(label, 12)).join(", ");
      return `${name ?? ""}[${place}] ${number}`;
    })
    .join(" × ");
}

function movesText(moves: readonly Move[]): string {
  return moves.map(({ from, to }) => `${visibleLabel(from.label)} → ${visibleLabel(to.label)}`).join(", ");
}

/** Bars to the left of the middle for terms below 0, to the right for those above. */
function bar(value: number, largest: number): string {
  const width = largest > 0 && Number.isFinite(value) ? Math.round((60 * Math.abs(value)) / largest) : 0;
  const left = value < 0 ? 60 - width : 60;
  return (
    `<div style="width:120px;height:10px;background:rgba(128, 128, 128, 0.15)">` +
    `<div style="width:${width}px;height:10px;margin-left:${left}px;background:${barColour(value)}"></div></div>`
  );
}
