import { existsSync } from "node:fs";
import { join } from "node:path";

/**
 * Where a real model lies that was fetched once: the folder or GGUF file `name` in the folder that the environment variable
 * MATRIX_COMPOSITION_MODELS names. `undefined` where the variable is not set, or there is no such model: then notebooks and tests
 * use what comes with this package. docs/real-models.md says how to fill the folder.
 * @example loadModel(localModel("smollm2") ?? "HuggingFaceTB/SmolLM2-135M-Instruct")
 */
export function localModel(name: string): string | undefined {
  const folder = process.env["MATRIX_COMPOSITION_MODELS"];
  if (folder === undefined || folder === "") return undefined;
  return [join(folder, name), join(folder, `${name}.gguf`)].find((path) => existsSync(path));
}
