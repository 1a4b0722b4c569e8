const { writeFileSync } = require("node:fs");
const process = require("node:process");
const { reporters } = require("mocha");

/** Mocha's own report, and the counts as JSON in the file that MATRIX_COMPOSITION_COUNTS names, for test/run.mjs. */
module.exports = class CountingReporter extends reporters.Spec {
  /** @param {import("mocha").Runner} runner @param {import("mocha").MochaOptions} options */
  constructor(runner, options) {
    super(runner, options);
    runner.once("end", () => {
      const { passes = 0, failures = 0, pending = 0 } = this.stats ?? {};
      const file = process.env["MATRIX_COMPOSITION_COUNTS"];
      if (file) writeFileSync(file, JSON.stringify({ passed: passes, failed: failures, skipped: pending }));
    });
  }
};
