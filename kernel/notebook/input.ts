import { createInterface } from "node:readline/promises";
import { runningKernel } from "./kernel.ts";

/**
 * What the user answers to `text`; `initial` where the answer is empty. Rejects with an error named `StdinNotAllowed` where
 * the front end cannot ask (nbconvert, papermill).
 *
 * The browser's `prompt(text)`, without import, is the same but waits with everything else.
 *
 * @example const name = await prompt("Your name?");
 */
export async function prompt(
  text: string,
  { initial = "" }: { readonly initial?: string } = {},
): Promise<string> {
  const answer = await ask(initial === "" ? `${text} ` : `${text} [${initial}] `, false);
  return answer === "" ? initial : answer;
}

/** Whether the user says yes (`y` or `yes`). Rejects as `prompt` does. */
export async function confirm(text: string): Promise<boolean> {
  return /^y(es)?$/i.test((await ask(`${text} [y/N] `, false)).trim());
}

/** What the user types unseen. Rejects as `prompt` does. */
export function password(text: string): Promise<string> {
  return ask(`${text} `, true);
}

async function ask(text: string, isPassword: boolean): Promise<string> {
  const kernel = runningKernel();
  if (kernel) return kernel.ask(text, isPassword);
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return await terminal.question(text.replace(/ +$/, " "));
  } finally {
    terminal.close();
  }
}
