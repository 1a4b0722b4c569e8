import assert from "node:assert/strict";
import { parseConnection, readConnection } from "../../../kernel/wire/connection.ts";
import { ConnectionFileError } from "../../../kernel/wire/errors.ts";

const fields = {
  transport: "tcp",
  ip: "127.0.0.1",
  key: "abc",
  signature_scheme: "hmac-sha256",
  ...{ shell_port: 1, control_port: 2, stdin_port: 3, iopub_port: 4, hb_port: 65_535 },
};

function parsed(changes: Record<string, unknown> = {}): ReturnType<typeof parseConnection> {
  return parseConnection(JSON.stringify({ ...fields, ...changes }), "k.json");
}

describe("parseConnection(text)", () => {
  it("gives the address of each socket, the key and the hash", () => {
    assert.deepEqual(parsed(), {
      addresses: {
        shell: "tcp://127.0.0.1:1",
        control: "tcp://127.0.0.1:2",
        stdin: "tcp://127.0.0.1:3",
        iopub: "tcp://127.0.0.1:4",
        heartbeat: "tcp://127.0.0.1:65535",
      },
      key: "abc",
      hash: "sha256",
    });
  });

  it("joins path and number for ipc", () => {
    assert.equal(parsed({ transport: "ipc", ip: "/run/kernel" }).addresses.iopub, "ipc:///run/kernel-4");
  });

  it("puts brackets round an IPv6 address", () => {
    assert.equal(parsed({ ip: "::1" }).addresses.shell, "tcp://[::1]:1");
  });

  it("honours another signature scheme", () => {
    assert.equal(parsed({ signature_scheme: "hmac-sha512" }).hash, "sha512");
  });

  for (const [field, value] of [
    ["shell_port", "5555"],
    ["hb_port", 0],
    ["iopub_port", 70_000],
    ["control_port", undefined],
    ["transport", "udp"],
    ["key", 5],
    ["signature_scheme", "md5"],
  ] as const) {
    it(`says what is wrong with ${field} = ${value === undefined ? "nothing" : JSON.stringify(value)}`, () => {
      assert.throws(
        () => parsed({ [field]: value }),
        (error: Error) => {
          return (
            error instanceof ConnectionFileError &&
            error.message.includes(field) &&
            error.message.includes("k.json")
          );
        },
      );
    });
  }

  it("says that a file is not JSON", () => {
    assert.throws(() => parseConnection("{", "k.json"), {
      name: "ConnectionFileError",
      message: /k\.json is not JSON/,
    });
  });
});

describe("readConnection(path)", () => {
  it("names the file that it cannot read", () => {
    assert.throws(() => readConnection("/nowhere/k.json"), {
      name: "ConnectionFileError",
      message: /\/nowhere\/k\.json/,
    });
  });
});
