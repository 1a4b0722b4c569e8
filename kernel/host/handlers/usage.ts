import { readFileSync } from "node:fs";
import { cpus, freemem, hostname, loadavg, totalmem } from "node:os";
import type { Handler } from "./handler.ts";

/** Memory pages of Linux, in bytes. */
const PAGE_BYTES = 4096;

/** Resident memory of a process in bytes; 0 where the system does not say. */
function residentBytes(pid: number): number {
  try {
    const pages = Number(readFileSync(`/proc/${pid}/statm`, "utf8").split(" ")[1]);
    return Number.isFinite(pages) ? pages * PAGE_BYTES : 0;
  } catch {
    return pid === process.pid ? process.memoryUsage.rss() : 0;
  }
}

/** Memory and load, for the panel of `jupyter-resource-usage`. Source: ipykernel, `usage_request`. */
export const usage: Handler = (_request, parts) => {
  const total = totalmem();
  const available = freemem();
  const cores = cpus().length;
  return {
    hostname: hostname(),
    pid: process.pid,
    cpu_count: cores,
    kernel_cpu: 0,
    kernel_memory: parts.processes().reduce((sum, pid) => sum + residentBytes(pid), 0),
    host_cpu_percent: Math.min(100, ((loadavg()[0] ?? 0) / cores) * 100),
    host_virtual_memory: {
      total,
      available,
      percent: ((total - available) / total) * 100,
      used: total - available,
      free: available,
    },
  };
};
