import { readFileSync } from "node:fs";
import { ConnectionFileError } from "./errors.ts";

/** The five sockets of a kernel. */
export type SocketName = "shell" | "control" | "stdin" | "iopub" | "heartbeat";

/**
 * Where a kernel listens and how its messages are signed.
 * Source: Jupyter messaging 5.5 and `kernels.rst`, "Connection files".
 */
export interface Connection {
  /** What to bind for each socket: `tcp://127.0.0.1:5555` or `ipc:///path-1`. */
  readonly addresses: Readonly<Record<SocketName, string>>;
  /** Empty: messages are not signed. */
  readonly key: string;
  /** Name of the hash in `signature_scheme`, for instance `sha256` of `hmac-sha256`. */
  readonly hash: string;
}

const PORT_FIELDS: Readonly<Record<SocketName, string>> = {
  shell: "shell_port",
  control: "control_port",
  stdin: "stdin_port",
  iopub: "iopub_port",
  heartbeat: "hb_port",
};

/**
 * The connection that a connection file's content describes.
 * @throws ConnectionFileError where a field is missing or of the wrong kind
 */
export function parseConnection(text: string, file = "connection file"): Connection {
  let fields: unknown;
  try {
    fields = JSON.parse(text);
  } catch (error) {
    throw new ConnectionFileError(`${file} is not JSON: ${error instanceof Error ? error.message : ""}`);
  }
  if (typeof fields !== "object" || fields === null) {
    throw new ConnectionFileError(`${file} should hold a JSON object`);
  }
  const values = fields as Record<string, unknown>;
  const text_ = (field: string, otherwise: string): string => {
    const value = values[field] ?? otherwise;
    if (typeof value === "string") return value;
    throw new ConnectionFileError(`${file}: ${field} should be a string, and is ${JSON.stringify(value)}`);
  };
  const transport = text_("transport", "tcp");
  if (transport !== "tcp" && transport !== "ipc") {
    throw new ConnectionFileError(`${file}: transport should be "tcp" or "ipc", and is "${transport}"`);
  }
  const ip = text_("ip", "127.0.0.1");
  const scheme = text_("signature_scheme", "hmac-sha256");
  const hash = /^hmac-([a-z0-9-]+)$/i.exec(scheme)?.[1];
  if (hash === undefined) {
    throw new ConnectionFileError(
      `${file}: signature_scheme should be like "hmac-sha256", and is "${scheme}"`,
    );
  }
  const address = (name: SocketName): string => {
    const field = PORT_FIELDS[name];
    const port = values[field];
    if (typeof port !== "number" || !Number.isInteger(port) || port < 1 || port > 65_535) {
      throw new ConnectionFileError(
        `${file}: ${field} should be a port, 1 to 65535, and is ${JSON.stringify(port)}`,
      );
    }
    if (transport === "ipc") return `ipc://${ip}-${port}`;
    return `tcp://${ip.includes(":") && !ip.startsWith("[") ? `[${ip}]` : ip}:${port}`;
  };
  return {
    addresses: {
      shell: address("shell"),
      control: address("control"),
      stdin: address("stdin"),
      iopub: address("iopub"),
      heartbeat: address("heartbeat"),
    },
    key: text_("key", ""),
    hash: hash.toLowerCase(),
  };
}

/**
 * The connection that the file at `path` describes.
 * @throws ConnectionFileError where it cannot be read or a field is wrong
 */
export function readConnection(path: string): Connection {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw new ConnectionFileError(
      `cannot read the connection file ${path}: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  return parseConnection(text, path);
}
