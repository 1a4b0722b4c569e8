/**
 * What hands that are used to Python and IPython type into a cell, and what to type here. Only asked where the cell has an
 * error there: no TypeScript is taken for Python.
 */

const SHELL = 'import { execSync } from "node:child_process"; execSync("…", { stdio: "inherit" })';

/** What stands here for magic commands of IPython. */
const MAGICS: Readonly<Record<string, string>> = {
  time: "console.time() and console.timeEnd() measure",
  timeit: "console.time() and console.timeEnd() measure",
  matplotlib: "figures are drawn without it",
  autoreload: "modules that have changed are loaded again by themselves",
  load_ext: "modules that have changed are loaded again by themselves",
  pip: "npm install NAME, in a terminal, installs a package",
  conda: "npm install NAME, in a terminal, installs a package",
  bash: `${SHELL} runs a command`,
  sh: `${SHELL} runs a command`,
  cd: "process.chdir() changes the folder",
  pwd: "process.cwd() is the folder",
  env: "process.env has the environment",
  set_env: "process.env has the environment",
  who: "the debugger's panel lists the variables",
  whos: "the debugger's panel lists the variables",
  html: 'html() of "matrix-composition/notebook" shows HTML',
  HTML: 'html() of "matrix-composition/notebook" shows HTML',
  latex: 'latex() of "matrix-composition/notebook" shows formulas',
};

/** What stands here for names of Python. */
const NAMES: Readonly<Record<string, string>> = {
  print: "console.log(…)",
  len: ".length, or .size of a Map or Set",
  range: "Array.from({ length: n }, (_, index) => index), or for (let i = 0; i < n; i++)",
  enumerate: ".entries()",
  None: "null, or undefined",
  True: "true",
  False: "false",
  str: "String(…)",
  int: "Math.trunc(…), or Number(…)",
  float: "Number(…)",
  dict: "{ … }, or new Map()",
  list: "[…]",
  input: "prompt(…)",
  exit: "the menu Kernel, or process.exit()",
  quit: "the menu Kernel, or process.exit()",
};

/** Lines that only Python begins so. */
const STATEMENT =
  /^\s*(?:#(?!!)|def\s+\w+\s*\(|elif\b|from\s+[\w.]+\s+import\b|import\s+[\w.]+(?:\s+as\s+\w+)?\s*$|(?:if|for|while|with|class|try|else|except)\b[^{]*:\s*$|print\s+\S|lambda\b|async\s+def\b)/;

/** A word on a line with a syntax error; undefined where it has nothing of Python. */
export function lineHint(line: string): string | undefined {
  const magic = /^\s*%%?\s*([A-Za-z_]\w*)/.exec(line)?.[1];
  if (magic !== undefined) {
    const instead = MAGICS[magic];
    return `%${magic} is a magic command of IPython, which TypeScript has not${instead === undefined ? "." : `: ${instead}.`}`;
  }
  if (/^\s*!\s*[\w/~-]+(?:\s|$)/.test(line))
    return `A line with ! in front is IPython's way to run a command. Here: ${SHELL}`;
  if (/^\s*\?{1,2}\s*[\w$.]+\s*$|[\w$.]\?{1,2}\s*$/.test(line))
    return "A question mark asks IPython for help. Here Shift+Tab, with the cursor in the name, shows what it is.";
  return STATEMENT.test(line)
    ? "This line looks like Python, and the kernel of this notebook runs TypeScript."
    : undefined;
}

/** A word on a name that is unknown, or used as Python does. */
export function nameHint(name: string): string | undefined {
  const instead = Object.hasOwn(NAMES, name) ? NAMES[name] : undefined;
  return instead === undefined ? undefined : `Python's ${name} is here: ${instead}`;
}
