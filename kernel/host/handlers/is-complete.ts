import { textField } from "../content.ts";
import type { Handler } from "./handler.ts";

/** Whether the code may be run, needs more lines, or never will. Source: Jupyter messaging 5.5, "Code completeness". */
export const isComplete: Handler = async ({ message }, { language }) => ({
  ...(await language.isComplete(textField(message.content, "code"))),
});
