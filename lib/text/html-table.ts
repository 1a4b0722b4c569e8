const ESCAPES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/** `text` with the characters that mean something in HTML written as entities. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => ESCAPES[character] ?? character);
}

/** Blanks and line ends made visible: a token that is or starts with a space can be seen. */
export function visibleToken(token: string): string {
  return token.replace(/ /g, "␣").replace(/\n/g, "⏎").replace(/\t/g, "⇥").replace(/\r/g, "␍");
}

/**
 * A plain HTML table: a caption above (a line of its own, as long as it likes: a `<caption>` is no wider than its table), one
 * line of headings, then the rows. Every cell is escaped; numbers, and headings above numbers, are aligned to the right.
 */
export function htmlTable(
  caption: string,
  headings: readonly string[],
  rows: readonly (readonly (string | number)[])[],
): string {
  const side = (cell: string | number | undefined): string => (typeof cell === "number" ? "right" : "left");
  const heading = headings
    .map((text, column) => `<th style="text-align:${side(rows[0]?.[column])}">${escapeHtml(text)}</th>`)
    .join("");
  const body = rows
    .map((row) => {
      const cells = row.map(
        (cell) =>
          `<td style="text-align:${side(cell)}">${typeof cell === "number" ? cell : escapeHtml(cell)}</td>`,
      );
      return `<tr>${cells.join("")}</tr>`;
    })
    .join("");
  return (
    `<div style="text-align:left">${escapeHtml(caption)}</div>` +
    `<table><thead><tr>${heading}</tr></thead><tbody>${body}</tbody></table>`
  );
}
