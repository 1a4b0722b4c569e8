"""Jupyter's own acceptance suite, jupyter_kernel_test, with every check configured. One line a test on stdout:
its name and "ok", "skipped" or the failure as JSON."""

import json
import unittest

import jupyter_kernel_test


class TypeScriptKernelTests(jupyter_kernel_test.KernelTests):
    kernel_name = "typescript"
    language_name = "typescript"
    file_extension = ".ts"

    code_hello_world = 'console.log("hello, world")'
    code_stderr = 'console.error("oops")'

    completion_samples = [
        {"text": "conso", "matches": {"console"}},
        {"text": "Math.sq", "matches": {"sqrt"}},
        {"text": "[1, 2].flatM", "matches": {"flatMap"}},
    ]

    complete_code_samples = [
        "1 + 1",
        'const greeting = "it\'s"',
        "function twice(x: number): number {\n  return 2 * x;\n}",
        "interface Point { x: number; y: number }",
        "if (true) { 1 } else { 2 }",
        "await Promise.resolve(1)",
        "",
    ]
    incomplete_code_samples = [
        "function twice(x: number) {",
        "const list = [1,",
        "`unfinished",
        "if (true) {",
        "/* a comment",
        "console.log(",
    ]
    invalid_code_samples = ["const = 1", "let 3x = 2", "1 +* 2", "}"]

    code_page_something = 'import { page } from "matrix-composition/notebook";\npage("a long text")'
    code_inspect_sample = "console.log"
    code_generate_error = "throw new RangeError('out of range')"
    code_execute_result = [
        {"code": "6 * 7", "result": "42"},
        {"code": "const six = 6;\nsix * 7", "result": "42"},
        {"code": "[1, 2].map((x) => x * 2).join()", "result": "'2,4'"},
    ]
    code_display_data = [
        {
            "code": 'import { display, html } from "matrix-composition/notebook";\ndisplay(html("<b>bold</b>"))',
            "mime": "text/html",
        },
    ]
    code_history_pattern = "6 ? 7"
    supported_history_operations = ("tail", "range", "search")
    code_clear_output = 'import { clearOutput } from "matrix-composition/notebook";\nclearOutput()'


class TypeScriptIopubWelcomeTests(jupyter_kernel_test.IopubWelcomeTests):
    kernel_name = "typescript"
    support_iopub_welcome = True


class Lines(unittest.TestResult):
    def report(self, test, outcome):
        print(json.dumps({"name": test._testMethodName, "outcome": outcome}), flush=True)

    def addSuccess(self, test):
        self.report(test, "ok")

    def addUnexpectedSuccess(self, test):
        self.report(test, "unexpected success")

    def addFailure(self, test, error):
        self.report(test, self._exc_info_to_string(error, test))

    def addError(self, test, error):
        self.addFailure(test, error)

    def addSkip(self, test, reason):
        self.report(test, f"skipped: {reason}")

    def addSubTest(self, test, subtest, error):
        if error is not None:
            self.report(test, f"{subtest._subDescription()}: {self._exc_info_to_string(error, test)}")


if __name__ == "__main__":
    load = unittest.defaultTestLoader.loadTestsFromTestCase
    unittest.TestSuite(map(load, [TypeScriptKernelTests, TypeScriptIopubWelcomeTests])).run(Lines())
