import { utf16Offset } from "../code-points.ts";
import { numberField, textField } from "../content.ts";
import type { Handler } from "./handler.ts";

/**
 * The signature and documentation of what stands at the cursor, as plain text for completion panels and as Markdown for
 * tooltips. Source: Jupyter messaging 5.5, "Introspection".
 */
export const inspect: Handler = async ({ message }, { language }) => {
  const code = textField(message.content, "code");
  const cursor = numberField(message.content, "cursor_pos", code.length);
  const found = await language.inspect(code, utf16Offset(code, cursor));
  if (!found) return { status: "ok", found: false, data: {}, metadata: {} };
  const { signature, documentation } = found;
  const text = documentation === "" ? signature : `${signature}\n\n${documentation}`;
  const markdown = `\`\`\`typescript\n${signature}\n\`\`\`${documentation === "" ? "" : `\n\n${documentation}`}`;
  return { status: "ok", found: true, data: { "text/plain": text, "text/markdown": markdown }, metadata: {} };
};
