import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { build } from "../kernel-setup/build.mjs";
import { kernelsUnder, stableNode, writeKernelspec } from "../kernel-setup/kernelspec.mjs";
import { ROOT } from "../kernel-setup/setup.mjs";
import { prepareSnapshot } from "../kernel-setup/snapshot.mjs";
import { ensureVenv } from "../kernel-setup/venv.mjs";

/**
 * Runs the tests in phases, goes on after a phase that failed, and counts. `npm test` runs all phases, `npm test --
 * unit browser` these, `npm test -- test/lib/tensor/dot.test.ts` this file; what follows the first option goes to
 * mocha (`npm test -- unit --grep softmax`). What failed is said once more at the end.
 *
 * @typedef {{ file: string, title: string, error: string }} Failure
 *
 * @typedef {{ passed: number, failed: number, skipped: number }} Counts
 *
 * @typedef {Counts & { failures: readonly Failure[], passedByFile: Readonly<Record<string, number>> }} Report
 *
 * @typedef {object} Phase
 * @property {string} name
 * @property {readonly string[]} [folders] the folders of test/ that belong to it; the phase without is made of programs
 * @property {readonly (readonly string[])[]} [programs] each counts as one test
 * @property {boolean} [inParallel] its files share nothing
 * @property {boolean} [needsKernel] runs notebooks or talks to the kernel through Jupyter's own client
 * @property {boolean} [drivesProcesses] its tests wait for kernels, servers and browsers, which a busy machine can starve:
 *   in CI a file with failures is run once more, alone, and what passes then is called flaky, with its first error
 */

const IN_CI = process.env["CI"] === "true";

/** @type {readonly Phase[]} */
const PHASES = [
  { name: "types", programs: [["node_modules/typescript/bin/tsc", "--noEmit"]] },
  {
    name: "lint",
    programs: [
      ["node_modules/eslint/bin/eslint.js", "."],
      ["node_modules/prettier/bin/prettier.cjs", "--check", "--log-level", "warn", "."],
    ],
  },
  { name: "unit", folders: [], inParallel: true }, // every file that is in no other phase's folder
  { name: "kernel", folders: ["kernel"], inParallel: true, drivesProcesses: true },
  { name: "setup", folders: ["kernel-setup"], drivesProcesses: true },
  { name: "conformance", folders: ["conformance"], needsKernel: true, drivesProcesses: true },
  { name: "notebooks", folders: ["notebooks"], needsKernel: true, drivesProcesses: true },
  { name: "browser", folders: ["browser"], needsKernel: true, drivesProcesses: true },
  { name: "clients", folders: ["clients"], needsKernel: true, drivesProcesses: true },
  { name: "package", folders: ["package"], needsKernel: true, drivesProcesses: true },
];

const [names, files, mochaOptions] = understand(process.argv.slice(2));
// First of all: tests that start the kernel have its types from dist/, too.
if ((await build({ root: ROOT })) === "built with errors")
  console.error("dist/ was built in spite of type errors");
/** @type {{ name: string, counts: Counts, seconds: number }[]} */
const results = [];
/** @type {Failure[]} */
const failures = [];
/** @type {Failure[]} */
const flaky = [];
for (const phase of PHASES) {
  const chosen = files.length > 0 ? files.filter((file) => phaseOf(file) === phase) : testFilesOf(phase);
  const isAsked = files.length > 0 ? chosen.length > 0 : names.length === 0 || names.includes(phase.name);
  if (!isAsked) continue;
  console.log(`\n== ${phase.name} ==`);
  if (phase.name === "kernel" || phase.needsKernel) await prepareSnapshot(ROOT);
  const started = performance.now();
  const counts = await runPhase(phase, chosen);
  results.push({ name: phase.name, counts, seconds: (performance.now() - started) / 1000 });
}
summarise();

/**
 * @param {readonly string[]} args
 * @returns {[string[], string[], string[]]} names of phases, test files, options for mocha
 */
function understand(args) {
  const firstOption = args.findIndex((arg) => arg.startsWith("-"));
  const own = firstOption < 0 ? args : args.slice(0, firstOption);
  const unknown = own.filter((arg) => !isPhase(arg) && !existsSync(arg));
  if (unknown.length > 0) {
    console.error(
      `Neither a phase nor a file: ${unknown.join(", ")}. Phases: ${PHASES.map(({ name }) => name).join(", ")}`,
    );
    process.exit(1);
  }
  return [
    own.filter(isPhase),
    own.filter((arg) => !isPhase(arg)),
    firstOption < 0 ? [] : args.slice(firstOption),
  ];
}

/** @param {string} arg */
function isPhase(arg) {
  return PHASES.some(({ name }) => name === arg);
}

/** @param {string} file @returns {Phase | undefined} */
function phaseOf(file) {
  const path = relative(join(ROOT, "test"), resolve(file)).replaceAll("\\", "/");
  return (
    PHASES.find(({ folders }) => folders?.some((folder) => path.startsWith(`${folder}/`))) ??
    PHASES.find(({ name }) => name === "unit")
  );
}

/** @param {Phase} phase */
function testFilesOf(phase) {
  if (!phase.folders) return [];
  return allTestFiles().filter((file) => phaseOf(file) === phase);
}

function allTestFiles() {
  return readdirSync(join(ROOT, "test"), { recursive: true, encoding: "utf8" })
    .map((path) => `test/${path.replaceAll("\\", "/")}`)
    .filter((path) => path.endsWith(".test.ts") && !/\/(fixtures|artefacts)\//.test(path))
    .sort();
}

/** @param {Phase} phase @param {readonly string[]} chosen @returns {Promise<Counts>} */
async function runPhase(phase, chosen) {
  if (phase.programs) return sum(phase.programs.map((program) => countOf(node(program) === 0)));
  if (chosen.length === 0) return { passed: 0, failed: 0, skipped: 0 };
  try {
    await prepare(phase);
  } catch (error) {
    console.error(error);
    return countOf(false);
  }
  return runTwiceAtMost(phase, chosen);
}

/** @param {Phase} phase @param {readonly string[]} chosen @returns {Counts} */
function runTwiceAtMost(phase, chosen) {
  const first = runMocha(phase, chosen);
  const files = [...new Set(first.failures.map(({ file }) => file))];
  if (!IN_CI || !phase.drivesProcesses || files.length === 0 || files.length > 3 || files.includes(ROOT)) {
    failures.push(...first.failures);
    return first;
  }
  console.log(`\n== ${phase.name}, once more: ${files.map((file) => relative(ROOT, file)).join(", ")} ==`);
  const second = runMocha(phase, files);
  failures.push(...second.failures);
  if (second.failed > 0 || second.passed === 0) return first;
  flaky.push(...first.failures);
  // A failed hook had kept the other tests of its file from running: the second try stands for the whole file.
  const passedBefore = files.reduce((all, file) => all + (first.passedByFile[file] ?? 0), 0);
  return { passed: first.passed - passedBefore + second.passed, failed: 0, skipped: first.skipped };
}

/** @param {Phase} phase */
async function prepare(phase) {
  if (!phase.needsKernel) return;
  const node = await stableNode();
  const title = "Installing what the tests need into .venv-test (once, about half a minute)";
  await ensureVenv(join(ROOT, ".venv"));
  await ensureVenv(join(ROOT, ".venv-test"), {
    requirements: join(ROOT, "kernel-setup", "requirements-test.txt"),
    title,
  });
  for (const venv of [".venv", ".venv-test"]) writeKernelspec(kernelsUnder(join(ROOT, venv)), ROOT, node);
}

/** @param {Phase} phase @param {readonly string[]} chosen @returns {Report} */
function runMocha(phase, chosen) {
  const artefacts = join(ROOT, "test", "artefacts");
  mkdirSync(artefacts, { recursive: true });
  const report = join(artefacts, `counts-${phase.name}.json`);
  rmSync(report, { force: true });
  const options = ["--reporter", "test/reporter.cjs"];
  if (phase.inParallel && chosen.length > 1) options.push("--parallel", "--jobs", "2");
  if (IN_CI) options.push("--forbid-only");
  const code = node(["node_modules/mocha/bin/mocha.js", ...options, ...mochaOptions, ...chosen], {
    MATRIX_COMPOSITION_COUNTS: report,
  });
  // mocha itself did not get to its end
  if (!existsSync(report)) return { ...countOf(false), failures: [], passedByFile: {} };
  /** @type {Report} */
  const counts = JSON.parse(readFileSync(report, "utf8"));
  return code !== 0 && counts.failed === 0 ? { ...counts, failed: 1 } : counts;
}

/** @param {readonly string[]} args @param {NodeJS.ProcessEnv} [env] */
function node(args, env) {
  return spawnSync(process.execPath, args, {
    cwd: ROOT,
    stdio: ["ignore", "inherit", "inherit"],
    env: { ...process.env, ...env },
  }).status;
}

/** @param {boolean} hasPassed @returns {Counts} */
function countOf(hasPassed) {
  return { passed: hasPassed ? 1 : 0, failed: hasPassed ? 0 : 1, skipped: 0 };
}

/** @param {readonly Counts[]} all @returns {Counts} */
function sum(all) {
  const total = { passed: 0, failed: 0, skipped: 0 };
  for (const { passed, failed, skipped } of all) {
    total.passed += passed;
    total.failed += failed;
    total.skipped += skipped;
  }
  return total;
}

/** @param {Counts} counts */
function words({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
}

function summarise() {
  for (const [title, list] of /** @type {const} */ ([
    ["failed", failures],
    ["flaky: failed at first, passed at the second try", flaky],
  ])) {
    if (list.length === 0) continue;
    console.log(`\n== ${title} ==`);
    for (const { file, title, error } of list) {
      console.log(`${relative(ROOT, file)}: ${title}\n${error.split("\n").slice(0, 12).join("\n")}\n`);
    }
  }
  console.log("\n== summary ==");
  for (const { name, counts, seconds } of results) {
    console.log(`${name.padEnd(12)} ${words(counts)} (${seconds.toFixed(0)} s)`);
  }
  const total = sum(results.map(({ counts }) => counts));
  process.exitCode = total.failed > 0 || total.passed === 0 ? 1 : 0;
  console.log(words(total));
}
