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
 * A plain HTML table: a caption, one line of headings, then the rows; every cell is escaped, numbers are
 * aligned to the right.
 */
export function htmlTable(
  caption: string,
  headings: readonly string[],
  rows: readonly (readonly (string | number)[])[],
): string {
  const heading = headings.map((text) => `<th>${escapeHtml(text)}</th>`).join("");
  const body = rows
    .map((row) => {
      const cells = row.map((cell) =>
        typeof cell === "number"
          ? `<td style="text-align:right">${cell}</td>`
          : `<td style="text-align:left">${escapeHtml(cell)}</td>`,
      );
      return `<tr>${cells.join("")}</tr>`;
    })
    .join("");
  return (
    `<table><caption style="text-align:left">${escapeHtml(caption)}</caption>` +
    `<thead><tr>${heading}</tr></thead><tbody>${body}</tbody></table>`
  );
}
