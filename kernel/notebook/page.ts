import { runningKernel } from "./kernel.ts";

/**
 * Shows something to read beside the notebook: a help text, a licence. `jupyter console` opens its pager, JupyterLab puts it
 * below the cell, and it is not kept in the notebook where the front end has a pager. Outside a kernel it prints the text.
 * Source: Jupyter messaging 5.5, "Payloads", `source: "page"`.
 *
 * @example page(await readFile("LICENSE", "utf8"))
 */
export function page(value: unknown): void {
  const kernel = runningKernel();
  if (kernel) void kernel.page(value);
  else console.log(value);
}
