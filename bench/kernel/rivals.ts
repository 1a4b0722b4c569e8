/** The kernels that are compared, and how the same things are said in their languages. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const DENO = "2.9.6";

/** Cells of one language; each says something else for each `index`, so that nothing is compiled once only. */
interface Cells {
  readonly trivial: (index: number) => string;
  readonly declaration: (index: number) => string;
  /** A call of TensorFlow.js, and the cell that imports it. */
  readonly tensors?: { readonly setUp: string; readonly call: (index: number) => string };
  readonly prints: (count: number) => string;
  readonly displays: { readonly setUp: string; readonly show: (count: number) => string };
  /** Cells that print `began` and do not end. */
  readonly loop: string;
  readonly idleAwait: string;
  readonly awaitThenSpin: string;
  /** What is completed, at its end. */
  readonly complete: string;
  /** A longer session's cell: declares, prints, has a result. */
  readonly work: (index: number) => string;
}

/** A kernel that can be started here. */
export interface Rival {
  readonly name: string;
  readonly version: string;
  readonly command: (connectionFile: string) => readonly string[];
  /** As its kernelspec says. */
  readonly interruptMode: "message" | "signal";
  readonly checksTypes: boolean;
  readonly cells: Cells;
}

/** A kernel that cannot be started here, and why. */
export interface Missing {
  readonly name: string;
  readonly reason: string;
}

const typeScript: Omit<Cells, "displays" | "tensors"> = {
  trivial: (index) => `${index} + ${index}`,
  declaration: (index) => `const v${index} = ${index}; v${index}`,
  prints: (count) => `for (let i = 0; i < ${count}; i++) console.log(i);`,
  loop: "console.log('began'); for (;;) {}",
  idleAwait: "console.log('began'); await new Promise(() => {});",
  awaitThenSpin: "console.log('began'); await new Promise((r) => setTimeout(r, 10)); for (;;) {}",
  complete: "Math.ma",
  work: (index) => {
    const name = `v${index % 50}`;
    return `const ${name} = [${index}, 2, 3].map((x) => x * 2); console.log(${name}); ({ ${name} })`;
  },
};

function tensors(from: string): NonNullable<Cells["tensors"]> {
  return {
    setUp: `import * as tf from "${from}";`,
    call: (index) => `tf.tensor([1, 2, ${index}]).mul(2).sum().dataSync()`,
  };
}

const python: Cells = {
  trivial: (index) => `${index} + ${index}`,
  declaration: (index) => `v${index} = ${index}; v${index}`,
  prints: (count) => `for i in range(${count}): print(i)`,
  displays: {
    setUp: "from IPython.display import HTML, display",
    show: (count) => `for i in range(${count}): display(HTML(f"<b>{i}</b>"))`,
  },
  loop: "print('began', flush=True)\nwhile True: pass",
  idleAwait: "import asyncio\nprint('began', flush=True)\nawait asyncio.sleep(1000)",
  awaitThenSpin: "import asyncio\nprint('began', flush=True)\nawait asyncio.sleep(0.01)\nwhile True: pass",
  complete: "str.ma",
  work: (index) => {
    const name = `v${index % 50}`;
    return `${name} = [x * 2 for x in [${index}, 2, 3]]\nprint(${name})\n{"${name}": ${name}}`;
  },
};

/**
 * A folder for the notebooks of all, with the packages of this repository, and an empty one for programs; `remove` both
 * when they are done.
 */
export function benchFolders(): {
  readonly folder: string;
  readonly programs: string;
  readonly remove: () => void;
} {
  const programs = mkdtempSync(join(tmpdir(), "bench-programs-"));
  const folder = mkdtempSync(join(tmpdir(), "bench-kernel-"));
  symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
  writeFileSync(join(folder, "package.json"), '{ "dependencies": { "@tensorflow/tfjs": "*" } }\n');
  writeFileSync(join(folder, "deno.json"), '{ "nodeModulesDir": "manual" }\n');
  const remove = (): void => {
    for (const each of [folder, programs]) rmSync(each, { recursive: true, force: true });
  };
  return { folder, programs, remove };
}

/** Our kernel, as `npm run setup` made it: with the snapshot that its language service starts from. */
export function ours(): Rival {
  return {
    name: "matrix-composition",
    version: versionOf(join(ROOT, "package.json")),
    command: (file) => [process.execPath, join(ROOT, "dist", "kernel", "main.js"), file],
    interruptMode: "message",
    checksTypes: true,
    cells: {
      ...typeScript,
      tensors: tensors("@tensorflow/tfjs"),
      displays: {
        setUp: 'import { display, html } from "matrix-composition/notebook";',
        show: (count) => `for (let i = 0; i < ${count}; i++) display(html(\`<b>\${i}</b>\`));`,
      },
    },
  };
}

/** tslab, a development dependency. */
export function tslab(): Rival | Missing {
  const folder = join(ROOT, "node_modules", "tslab");
  if (!existsSync(folder)) return { name: "tslab", reason: "not installed: npm install" };
  return {
    name: "tslab",
    version: versionOf(join(folder, "package.json")),
    command: (file) => [process.execPath, join(folder, "bin", "tslab"), "kernel", "--config-path", file],
    interruptMode: "signal",
    checksTypes: true,
    cells: {
      ...typeScript,
      tensors: tensors("@tensorflow/tfjs"),
      displays: {
        setUp: 'import { display } from "tslab";',
        show: (count) => `for (let i = 0; i < ${count}; i++) display.html(\`<b>\${i}</b>\`);`,
      },
    },
  };
}

/** Deno, whose npm package carries its program; it is installed into `folder` for the time of the comparison. */
export function deno(folder: string): Rival | Missing {
  const { status } = spawnSync(
    "npm",
    ["install", "--no-save", "--no-audit", "--no-fund", "--prefix", folder, `deno@${DENO}`],
    { stdio: "ignore", shell: process.platform === "win32" },
  );
  const program = join(folder, "node_modules", "deno", "bin.cjs");
  if (status !== 0 || !existsSync(program))
    return { name: "Deno", reason: `npm install deno@${DENO} did not succeed` };
  // The first start unpacks; what it then starts is the program itself.
  const found = spawnSync(process.execPath, [program, "eval", "console.log(Deno.execPath())"], {
    encoding: "utf8",
  });
  const path = found.stdout.trim();
  if (!existsSync(path))
    return { name: "Deno", reason: found.stderr.trim().slice(0, 200) || "it does not start" };
  return {
    name: "Deno",
    version: DENO,
    command: (file) => [path, "jupyter", "--kernel", "--conn", file],
    interruptMode: "signal",
    checksTypes: false,
    cells: {
      ...typeScript,
      tensors: tensors("npm:@tensorflow/tfjs"),
      displays: {
        setUp: "1",
        show: (count) =>
          `for (let i = 0; i < ${count}; i++) await Deno.jupyter.display(Deno.jupyter.html\`<b>\${i}</b>\`);`,
      },
    },
  };
}

/** ipykernel, which comes with JupyterLab in `.venv`. */
export function ipykernel(): Rival | Missing {
  const program =
    process.platform === "win32"
      ? join(ROOT, ".venv", "Scripts", "python.exe")
      : join(ROOT, ".venv", "bin", "python");
  const { stdout, status } = spawnSync(program, ["-c", "import ipykernel; print(ipykernel.__version__)"], {
    encoding: "utf8",
  });
  if (status !== 0) return { name: "ipykernel", reason: "not installed: npm run setup" };
  return {
    name: "ipykernel",
    version: stdout.trim(),
    command: (file) => [program, "-m", "ipykernel_launcher", "-f", file],
    interruptMode: "signal",
    checksTypes: false,
    cells: python,
  };
}

function versionOf(file: string): string {
  return (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
}
