import { codePointOffset, utf16Offset } from "../code-points.ts";
import { numberField, textField } from "../content.ts";
import type { Handler } from "./handler.ts";

/**
 * What may stand at the cursor. Source: Jupyter messaging 5.5, "Completion"; the kinds go where JupyterLab looks for them,
 * in `_jupyter_types_experimental`, one for each match, in the same order.
 */
export const complete: Handler = async ({ message }, { language }) => {
  const code = textField(message.content, "code");
  const cursor = numberField(message.content, "cursor_pos", codePointOffset(code, code.length));
  const offset = utf16Offset(code, cursor);
  const { start, end, matches: all } = await language.complete(code, offset);
  // What begins as typed; only where nothing does, what differs in case.
  const typed = code.slice(start, offset);
  const exact = all.filter(({ text }) => text.startsWith(typed));
  const matches = exact.length > 0 ? exact : all;
  const cursorStart = codePointOffset(code, start);
  const cursorEnd = codePointOffset(code, end);
  return {
    status: "ok",
    matches: matches.map(({ text }) => text),
    cursor_start: cursorStart,
    cursor_end: cursorEnd,
    metadata: {
      _jupyter_types_experimental: matches.map(({ text, kind, source }) => ({
        text,
        type: kind,
        start: cursorStart,
        end: cursorEnd,
        ...(source !== undefined && { source }),
      })),
    },
  };
};
