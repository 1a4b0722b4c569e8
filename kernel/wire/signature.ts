import { createHmac, getHashes, timingSafeEqual } from "node:crypto";
import { ConnectionFileError } from "./errors.ts";

/**
 * Signs and verifies the four JSON frames of a message.
 * Source: Jupyter messaging 5.5, "The Wire Protocol".
 *
 * @example new Signer("secret", "sha256").sign([header, parent, metadata, content])
 */
export class Signer {
  readonly #key: string;
  readonly #hash: string;

  /**
   * @param key the session's secret; empty turns signing off
   * @param hash name of a hash, for instance `sha256`
   * @throws ConnectionFileError for a hash that this Node does not know
   */
  constructor(key: string, hash = "sha256") {
    if (key !== "" && !getHashes().includes(hash)) {
      throw new ConnectionFileError(
        `signature_scheme "hmac-${hash}": this Node does not know the hash "${hash}"`,
      );
    }
    this.#key = key;
    this.#hash = hash;
  }

  /** The signature in lower-case hexadecimal; empty where the key is. */
  sign(frames: readonly Uint8Array[]): string {
    if (this.#key === "") return "";
    const hmac = createHmac(this.#hash, this.#key);
    for (const frame of frames) hmac.update(frame);
    return hmac.digest("hex");
  }

  /** Whether `signature` is that of `frames`; takes the same time wherever the first difference is. */
  verify(signature: Uint8Array, frames: readonly Uint8Array[]): boolean {
    if (this.#key === "") return true;
    const expected = Buffer.from(this.sign(frames), "latin1");
    return signature.length === expected.length && timingSafeEqual(signature, expected);
  }
}
