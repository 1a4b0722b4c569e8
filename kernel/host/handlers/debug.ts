import type { Handler } from "./handler.ts";

/**
 * Answers a request of the Debug Adapter Protocol, in that protocol's own form, also where it fails. Source: Jupyter messaging
 * 5.5, "Debug request".
 */
export const debug: Handler = ({ message: { content, header } }, parts) => parts.debug(content, header);
