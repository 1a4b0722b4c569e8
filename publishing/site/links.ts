import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";

/** Where attributes of HTML lead to: links, pictures, scripts and styles. */
const ADDRESS = /<(?:a|img|script|link|source|use)\b[^>]*?\s(?:href|src|xlink:href)=(?:"([^"]*)"|'([^']*)')/g;

/** Links, pictures, scripts and styles of a site that lead to no file or to no anchor of it, each with its page. */
export function brokenLinks(folder: string): string[] {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((path) =>
    path.endsWith(".html"),
  );
  const anchors = new Map<string, Set<string>>();
  const anchorsOf = (file: string): Set<string> => {
    const known = anchors.get(file) ?? anchorsIn(readFileSync(file, "utf8"));
    anchors.set(file, known);
    return known;
  };
  return files.flatMap((page) => {
    const file = join(folder, page);
    const html = readFileSync(file, "utf8");
    return addressesIn(html)
      .filter((address) => !isThere(file, address, anchorsOf))
      .map((address) => `${relative(folder, file).replaceAll("\\", "/")}: ${address}`);
  });
}

/** Addresses of a page that do not leave the site; code that is shown has none. */
function addressesIn(html: string): string[] {
  const addresses = [...html.matchAll(ADDRESS)].map(([, double, single]) =>
    unescaped(double ?? single ?? ""),
  );
  return [...new Set(addresses)].filter((address) => !/^(?:https?|mailto|data):/.test(address));
}

function anchorsIn(html: string): Set<string> {
  return new Set([...html.matchAll(/\s(?:id|name)="([^"]*)"/g)].map(([, id]) => unescaped(id ?? "")));
}

function isThere(page: string, address: string, anchorsOf: (file: string) => Set<string>): boolean {
  const [path = "", anchor = ""] = address.split("#");
  const target = path === "" ? page : resolve(dirname(page), decodeURIComponent(path.replace(/\?.*/, "")));
  if (!existsSync(target) || statSync(target).isDirectory()) return false;
  return anchor === "" || anchorsOf(target).has(decodeURIComponent(anchor));
}

function unescaped(text: string): string {
  return text
    .replaceAll(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)))
    .replaceAll("&quot;", '"')
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&amp;", "&");
}
