/**
 * A module of its own: V8 13.6 and later can be asked to join pairs of 128-bit operations to 256-bit ones (`../wide.ts`), if they are written so that it finds
 * the pairs, as here.
 */
import { accumulate } from "./vector";

/** {@link import("./tiles").tiles} for panels of sixteen columns: eight pairs of sums, as many as registers of 256 bits keep beside what they are made of. */
export function tiles(
  strip: usize, end: usize, panel: usize, depth: usize, columns: i32,
  to: usize, down: usize, from: usize, fromDown: usize, scale: f32,
): void {
  const factor = f32x4.splat(scale);
  for (let j = 0; j < columns; j += 16) {
    let c00 = f32x4.splat(0), c01 = c00, c02 = c00, c03 = c00, c10 = c00, c11 = c00, c12 = c00, c13 = c00, c20 = c00, c21 = c00, c22 = c00, c23 = c00, c30 = c00, c31 = c00, c32 = c00, c33 = c00;
    let b0: v128, b1: v128, b2: v128, b3: v128, x0: v128, x1: v128, x2: v128, x3: v128;
    let a = strip;
    let b = panel;
    while (a < end) {
      b0 = v128.load(b);
      b1 = v128.load(b, 16);
      b2 = v128.load(b, 32);
      b3 = v128.load(b, 48);
      x0 = v128.load32_splat(a);
      x1 = v128.load32_splat(a, 4);
      x2 = v128.load32_splat(a, 8);
      x3 = v128.load32_splat(a, 12);
      c00 = accumulate(c00, x0, b0);
      c01 = accumulate(c01, x0, b1);
      c02 = accumulate(c02, x0, b2);
      c03 = accumulate(c03, x0, b3);
      c10 = accumulate(c10, x1, b0);
      c11 = accumulate(c11, x1, b1);
      c12 = accumulate(c12, x1, b2);
      c13 = accumulate(c13, x1, b3);
      c20 = accumulate(c20, x2, b0);
      c21 = accumulate(c21, x2, b1);
      c22 = accumulate(c22, x2, b2);
      c23 = accumulate(c23, x2, b3);
      c30 = accumulate(c30, x3, b0);
      c31 = accumulate(c31, x3, b1);
      c32 = accumulate(c32, x3, b2);
      c33 = accumulate(c33, x3, b3);
      a += 16;
      if (a >= end) break;

      b0 = v128.load(b, 64);
      b1 = v128.load(b, 80);
      b2 = v128.load(b, 96);
      b3 = v128.load(b, 112);
      x0 = v128.load32_splat(a);
      x1 = v128.load32_splat(a, 4);
      x2 = v128.load32_splat(a, 8);
      x3 = v128.load32_splat(a, 12);
      c00 = accumulate(c00, x0, b0);
      c01 = accumulate(c01, x0, b1);
      c02 = accumulate(c02, x0, b2);
      c03 = accumulate(c03, x0, b3);
      c10 = accumulate(c10, x1, b0);
      c11 = accumulate(c11, x1, b1);
      c12 = accumulate(c12, x1, b2);
      c13 = accumulate(c13, x1, b3);
      c20 = accumulate(c20, x2, b0);
      c21 = accumulate(c21, x2, b1);
      c22 = accumulate(c22, x2, b2);
      c23 = accumulate(c23, x2, b3);
      c30 = accumulate(c30, x3, b0);
      c31 = accumulate(c31, x3, b1);
      c32 = accumulate(c32, x3, b2);
      c33 = accumulate(c33, x3, b3);
      a += 16;
      if (a >= end) break;

      b0 = v128.load(b, 128);
      b1 = v128.load(b, 144);
      b2 = v128.load(b, 160);
      b3 = v128.load(b, 176);
      x0 = v128.load32_splat(a);
      x1 = v128.load32_splat(a, 4);
      x2 = v128.load32_splat(a, 8);
      x3 = v128.load32_splat(a, 12);
      c00 = accumulate(c00, x0, b0);
      c01 = accumulate(c01, x0, b1);
      c02 = accumulate(c02, x0, b2);
      c03 = accumulate(c03, x0, b3);
      c10 = accumulate(c10, x1, b0);
      c11 = accumulate(c11, x1, b1);
      c12 = accumulate(c12, x1, b2);
      c13 = accumulate(c13, x1, b3);
      c20 = accumulate(c20, x2, b0);
      c21 = accumulate(c21, x2, b1);
      c22 = accumulate(c22, x2, b2);
      c23 = accumulate(c23, x2, b3);
      c30 = accumulate(c30, x3, b0);
      c31 = accumulate(c31, x3, b1);
      c32 = accumulate(c32, x3, b2);
      c33 = accumulate(c33, x3, b3);
      a += 16;
      if (a >= end) break;

      b0 = v128.load(b, 192);
      b1 = v128.load(b, 208);
      b2 = v128.load(b, 224);
      b3 = v128.load(b, 240);
      x0 = v128.load32_splat(a);
      x1 = v128.load32_splat(a, 4);
      x2 = v128.load32_splat(a, 8);
      x3 = v128.load32_splat(a, 12);
      c00 = accumulate(c00, x0, b0);
      c01 = accumulate(c01, x0, b1);
      c02 = accumulate(c02, x0, b2);
      c03 = accumulate(c03, x0, b3);
      c10 = accumulate(c10, x1, b0);
      c11 = accumulate(c11, x1, b1);
      c12 = accumulate(c12, x1, b2);
      c13 = accumulate(c13, x1, b3);
      c20 = accumulate(c20, x2, b0);
      c21 = accumulate(c21, x2, b1);
      c22 = accumulate(c22, x2, b2);
      c23 = accumulate(c23, x2, b3);
      c30 = accumulate(c30, x3, b0);
      c31 = accumulate(c31, x3, b1);
      c32 = accumulate(c32, x3, b2);
      c33 = accumulate(c33, x3, b3);
      a += 16;
      b += 256;
    }
    panel += depth;
    let row = to;
    if (from == 0) {
      v128.store(row, f32x4.mul(c00, factor));
      v128.store(row, f32x4.mul(c01, factor), 16);
      v128.store(row, f32x4.mul(c02, factor), 32);
      v128.store(row, f32x4.mul(c03, factor), 48);
      row += down;
      v128.store(row, f32x4.mul(c10, factor));
      v128.store(row, f32x4.mul(c11, factor), 16);
      v128.store(row, f32x4.mul(c12, factor), 32);
      v128.store(row, f32x4.mul(c13, factor), 48);
      row += down;
      v128.store(row, f32x4.mul(c20, factor));
      v128.store(row, f32x4.mul(c21, factor), 16);
      v128.store(row, f32x4.mul(c22, factor), 32);
      v128.store(row, f32x4.mul(c23, factor), 48);
      row += down;
      v128.store(row, f32x4.mul(c30, factor));
      v128.store(row, f32x4.mul(c31, factor), 16);
      v128.store(row, f32x4.mul(c32, factor), 32);
      v128.store(row, f32x4.mul(c33, factor), 48);
    } else {
      let before = from;
      v128.store(row, f32x4.add(f32x4.mul(c00, factor), v128.load(before)));
      v128.store(row, f32x4.add(f32x4.mul(c01, factor), v128.load(before, 16)), 16);
      v128.store(row, f32x4.add(f32x4.mul(c02, factor), v128.load(before, 32)), 32);
      v128.store(row, f32x4.add(f32x4.mul(c03, factor), v128.load(before, 48)), 48);
      row += down;
      before += fromDown;
      v128.store(row, f32x4.add(f32x4.mul(c10, factor), v128.load(before)));
      v128.store(row, f32x4.add(f32x4.mul(c11, factor), v128.load(before, 16)), 16);
      v128.store(row, f32x4.add(f32x4.mul(c12, factor), v128.load(before, 32)), 32);
      v128.store(row, f32x4.add(f32x4.mul(c13, factor), v128.load(before, 48)), 48);
      row += down;
      before += fromDown;
      v128.store(row, f32x4.add(f32x4.mul(c20, factor), v128.load(before)));
      v128.store(row, f32x4.add(f32x4.mul(c21, factor), v128.load(before, 16)), 16);
      v128.store(row, f32x4.add(f32x4.mul(c22, factor), v128.load(before, 32)), 32);
      v128.store(row, f32x4.add(f32x4.mul(c23, factor), v128.load(before, 48)), 48);
      row += down;
      before += fromDown;
      v128.store(row, f32x4.add(f32x4.mul(c30, factor), v128.load(before)));
      v128.store(row, f32x4.add(f32x4.mul(c31, factor), v128.load(before, 16)), 16);
      v128.store(row, f32x4.add(f32x4.mul(c32, factor), v128.load(before, 32)), 32);
      v128.store(row, f32x4.add(f32x4.mul(c33, factor), v128.load(before, 48)), 48);
      from += 64;
    }
    to += 64;
  }
}
