const { writeFileSync } = require("node:fs");
const { resolve } = require("node:path");
const process = require("node:process");
const { reporters } = require("mocha");

/**
 * Mocha's own report, and the counts with what failed, as JSON in the file that MATRIX_COMPOSITION_COUNTS names, for
 * test/run.mjs.
 */
module.exports = class CountingReporter extends reporters.Spec {
  /** @param {import("mocha").Runner} runner @param {import("mocha").MochaOptions} options */
  constructor(runner, options) {
    super(runner, options);
    /** @type {{ file: string, title: string, error: string }[]} */
    const failures = [];
    /** @type {Record<string, number>} */
    const passedByFile = {};
    runner.on("pass", ({ file = "" }) => {
      passedByFile[file] = (passedByFile[file] ?? 0) + 1;
    });
    runner.on("fail", (test, error) => {
      const text = String(error?.stack ?? error?.message ?? error);
      // A hook comes without its file from mocha's workers: the error knows it.
      const file = test.file ?? resolve(/[^\s()]+\.test\.ts/.exec(text)?.[0] ?? "");
      failures.push({ file, title: test.fullTitle(), error: text });
    });
    runner.once("end", () => {
      const { passes: passed = 0, failures: failed = 0, pending: skipped = 0 } = this.stats ?? {};
      const file = process.env["MATRIX_COMPOSITION_COUNTS"];
      if (file) writeFileSync(file, JSON.stringify({ passed, failed, skipped, passedByFile, failures }));
    });
  }
};
