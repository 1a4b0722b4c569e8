import type { Handler } from "./handler.ts";

/**
 * Answers a request of the Debug Adapter Protocol with "no", in that protocol's own form. `kernel_info_reply` says
 * `debugger: false`, so a front end asks only by mistake. A debugger would take this handler's place.
 */
export const debug: Handler = ({ message: { content } }) => {
  const command = typeof content["command"] === "string" ? content["command"] : "";
  const sequence = typeof content["seq"] === "number" ? content["seq"] : 0;
  return {
    type: "response",
    seq: 0,
    request_seq: sequence,
    command,
    success: false,
    message: `this kernel has no debugger: "${command}" cannot be answered`,
    // JupyterLab reads the body of `debugInfo` whatever `success` says.
    body: command === "debugInfo" ? { isStarted: false, breakpoints: [], stoppedThreads: [] } : {},
  };
};
