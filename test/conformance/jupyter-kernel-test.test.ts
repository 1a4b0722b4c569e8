import assert from "node:assert/strict";
import { join } from "node:path";
import { ended, JUPYTER_ENVIRONMENT, programOf, ROOT } from "../python.ts";

/** All tests of jupyter_kernel_test 0.7.0. */
const TESTS = [
  "test_kernel_info",
  "test_execute_stdout",
  "test_execute_stderr",
  "test_completion",
  "test_is_complete",
  "test_pager",
  "test_error",
  "test_execute_result",
  "test_display_data",
  "test_history",
  "test_inspect",
  "test_clear_output",
  "test_recv_iopub_welcome_msg",
];

interface Line {
  readonly name: string;
  readonly outcome: string;
}

describe("jupyter_kernel_test", function () {
  this.timeout(180_000);
  let lines: readonly Line[] = [];

  before(async () => {
    const suite = join(ROOT, "test", "conformance", "typescript_kernel.py");
    const { code, stdout, stderr } = await ended(programOf(".venv-test", "python"), [suite], {
      env: JUPYTER_ENVIRONMENT,
    });
    assert.equal(code, 0, stderr);
    lines = stdout
      .trim()
      .split("\n")
      .filter((line) => line.startsWith("{"))
      .map((line) => JSON.parse(line) as Line);
  });

  for (const test of TESTS) {
    it(`passes ${test}`, () => {
      const outcomes = lines.filter(({ name }) => name === test).map(({ outcome }) => outcome);
      assert.deepEqual(outcomes, ["ok"], outcomes.join("\n"));
    });
  }

  it("has no test beside these", () => {
    assert.deepEqual([...new Set(lines.map(({ name }) => name))].sort(), [...TESTS].sort());
  });
});
