import type { Handler } from "./handler.ts";

/** Stops the running cell; its own `error` says when it has. Source: Jupyter messaging 5.5, "Kernel interrupt". */
export const interrupt: Handler = (_request, parts) => {
  parts.interrupt();
  return { status: "ok" };
};
