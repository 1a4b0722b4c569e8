/** Characters of a signature. */
const LIMIT = 300;

/** A function or class by its head: `function add(a, b = 1)`, `(x) => …`, `class Model extends Layer`. */
export function signatureOf(value: (...values: never[]) => unknown): string {
  let source: string;
  let name: string;
  try {
    source = Function.prototype.toString.call(value);
    name = value.name;
  } catch {
    return "[function]";
  }
  const head = headOf(source);
  const signature =
    head.endsWith("=>") && name !== "" ? `${name} = ${head} …` : head.endsWith("=>") ? `${head} …` : head;
  const line = signature.replace(/\s+/g, " ").trim();
  return line.length <= LIMIT ? line : `${line.slice(0, LIMIT)}…`;
}

function headOf(source: string): string {
  if (/^class\b/.test(source)) return source.slice(0, source.indexOf("{"));
  const bare = /^(async\s+)?[\w$]+\s*=>/.exec(source);
  if (bare) return bare[0];
  const end = endOfParameters(source);
  const arrow = /^\s*=>/.exec(source.slice(end));
  return source.slice(0, end) + (arrow ? " =>" : "");
}

/** The place after the `)` that closes the first `(`; strings and templates in default values are stepped over. */
function endOfParameters(source: string): number {
  let depth = 0;
  for (let index = 0; index < source.length; index++) {
    const character = source.charAt(index);
    if (character === '"' || character === "'" || character === "`") {
      for (index++; index < source.length && source.charAt(index) !== character; index++) {
        if (source.charAt(index) === "\\") index++;
      }
    } else if ("([{".includes(character)) depth++;
    else if (")]}".includes(character) && --depth === 0) return index + 1;
  }
  return source.length;
}
