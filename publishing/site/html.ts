import { posix } from "node:path";

/** Text as HTML shows it, in content and in attributes. */
export function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** JSON inside a `<script type="…json">`: nothing in it ends the element or opens a comment. */
export function inertJson(value: unknown): string {
  return JSON.stringify(value).replaceAll("<", "\\u003c");
}

/** The address of one file of the site as another links it; both are paths from the site's root. */
export function relativeUrl(from: string, to: string): string {
  return encodeURI(posix.relative(posix.dirname(from), to));
}
