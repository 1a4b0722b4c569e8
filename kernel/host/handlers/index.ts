import { commInfo } from "./comm-info.ts";
import { complete } from "./complete.ts";
import { debug } from "./debug.ts";
import type { Handler } from "./handler.ts";
import { history } from "./history.ts";
import { inspect } from "./inspect.ts";
import { interrupt } from "./interrupt.ts";
import { isComplete } from "./is-complete.ts";
import { kernelInfo } from "./kernel-info.ts";
import { shutdown } from "./shutdown.ts";
import { usage } from "./usage.ts";

/** Who answers which type of request, beside cells and comms. */
export const handlers: ReadonlyMap<string, Handler> = new Map([
  ["kernel_info_request", kernelInfo],
  ["is_complete_request", isComplete],
  ["complete_request", complete],
  ["inspect_request", inspect],
  ["history_request", history],
  ["comm_info_request", commInfo],
  ["interrupt_request", interrupt],
  ["shutdown_request", shutdown],
  ["debug_request", debug],
  ["usage_request", usage],
]);
