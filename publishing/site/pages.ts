import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { notebookNames, readNotebook, ROOT, wholeText } from "../notebook.ts";

/** Where documents are beside the notebooks; the site's tree is the repository's. */
const FOLDERS_OF_DOCUMENTS = ["", "docs", "kernel", "checkpoints", "bench"];

/** A page of the site, made of one file of the repository. */
export interface Page {
  readonly kind: "notebook" | "document";
  /** Path of the file in the repository, with slashes. */
  readonly source: string;
  /** Path of the page in the site, with slashes. */
  readonly target: string;
  readonly title: string;
  /** What the reader will have done, in Markdown; empty where the file does not say. */
  readonly promise: string;
}

/** All pages but the index, in reading order: numbered notebooks, other notebooks, documents. */
export function sitePages(root = ROOT): Page[] {
  return [...notebookPages(root), ...documentPages(root)];
}

function notebookPages(root: string): Page[] {
  return notebookNames(join(root, "notebooks")).map((name) => {
    const source = `notebooks/${name}`;
    const first = wholeText(readNotebook(join(root, source)).cells[0]?.source);
    const promise = /^\*\*You will\*\* .*(?:\n\S.*)*/m.exec(first)?.[0] ?? "";
    return { kind: "notebook", source, target: asHtml(source), title: titleOf(first, name), promise };
  });
}

function documentPages(root: string): Page[] {
  return FOLDERS_OF_DOCUMENTS.flatMap((folder) => {
    if (!existsSync(join(root, folder))) return [];
    const names = readdirSync(join(root, folder)).filter((name) => name.endsWith(".md"));
    return names.sort(readmeFirst).map((name) => {
      const source = folder === "" ? name : `${folder}/${name}`;
      const title = source === "README.md" ? "How to start" : titleOf(read(join(root, source)), name);
      return { kind: "document", source, target: asHtml(source), title, promise: "" };
    });
  });
}

function readmeFirst(one: string, other: string): number {
  return Number(other === "README.md") - Number(one === "README.md") || one.localeCompare(other, "en");
}

function read(path: string): string {
  return readFileSync(path, "utf8");
}

function asHtml(source: string): string {
  return source.replace(/\.(?:ipynb|md)$/, ".html");
}

function titleOf(markdown: string, otherwise: string): string {
  return /^# (.*)$/m.exec(markdown)?.[1]?.trim() ?? otherwise;
}
