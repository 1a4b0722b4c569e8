import MiniSearch from "minisearch";
import type { Heading } from "./markdown.ts";
import type { Page } from "./pages.ts";
import type { ReferenceEntry } from "./reference.ts";

/** How the index is made, and read again in the browser (assets/search.js). */
const SEARCH_OPTIONS = { fields: ["title", "page"], storeFields: ["title", "page", "target"] };

/** The index of all headings and of all exports, as JSON: found by their words, with the title of their page. */
export function searchIndex(
  headings: ReadonlyMap<Page, readonly Heading[]>,
  reference: readonly ReferenceEntry[],
): string {
  const entries = [...headings].flatMap(([page, ofPage]) =>
    ofPage.map(({ level, text, id }) => ({
      title: text,
      page: level === 1 ? "" : page.title,
      target: level === 1 ? page.target : `${page.target}#${encodeURIComponent(id)}`,
    })),
  );
  const names = reference.map(({ name, kind, target }) => ({ title: name, page: kind, target }));
  const index = new MiniSearch(SEARCH_OPTIONS);
  index.addAll([...entries, ...names].map((entry, id) => ({ id, ...entry })));
  return JSON.stringify({ options: SEARCH_OPTIONS, index });
}
