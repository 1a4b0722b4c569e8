import assert from "node:assert/strict";
import { newFlags } from "../../../kernel/runtime/flags.ts";
import { RING_BYTES, TextRing } from "../../../kernel/runtime/text-ring.ts";

describe("the ring through which text goes to the sidecar", () => {
  function ends(): { readonly writer: TextRing; readonly reader: TextRing } {
    const memory = new SharedArrayBuffer(RING_BYTES);
    const flags = newFlags();
    return { writer: new TextRing(memory, flags), reader: new TextRing(memory, flags) };
  }

  it("gives what was written, once, up to the position that is asked for", () => {
    const { writer, reader } = ends();
    assert.equal(writer.write("one "), 4);
    const between = writer.written;
    assert.equal(writer.write("zwölf 🚲"), 11);
    assert.deepEqual(reader.read(between), { text: "one ", bytes: 4 });
    assert.deepEqual(reader.read(writer.written), { text: "zwölf 🚲", bytes: 11 });
    assert.deepEqual(reader.read(writer.written), { text: "", bytes: 0 });
    assert.deepEqual(reader.read(between), { text: "", bytes: 0 });
  });

  it("goes round, in the middle of a character too", () => {
    const { writer, reader } = ends();
    const piece = "abc€🚲".repeat(1000) + "x";
    for (let round = 0; round < 500; round++) {
      const text = piece.slice(0, piece.length - (round % 7) * 6) + "y";
      assert.equal(writer.write(text), Buffer.byteLength(text));
      assert.equal(reader.read(writer.written).text, text);
    }
  });

  it("takes nothing for which it has no room, until it is read", () => {
    const { writer, reader } = ends();
    const piece = "x".repeat(100_000);
    let written = 0;
    while (writer.write(piece) > 0) written++;
    assert.ok(written >= 5);
    assert.equal(reader.read(writer.written).bytes, written * piece.length);
    assert.equal(writer.write(piece), piece.length);
    assert.equal(writer.write("x".repeat(RING_BYTES)), 0);
  });
});
