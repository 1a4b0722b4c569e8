import { flagField } from "../content.ts";
import type { Handler } from "./handler.ts";

/** Ends the kernel. Source: Jupyter messaging 5.5, "Kernel shutdown". */
export const shutdown: Handler = ({ message: { content } }, parts) => {
  const restart = flagField(content, "restart", false);
  parts.shutDown();
  return { status: "ok", restart };
};
