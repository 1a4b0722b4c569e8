import { accumulate } from "./vector";

/**
 * Four rows of C: scale · A B, from a strip of A (four numbers for each inner index, from `strip` up to `end`) and panels of eight columns of B, `depth` bytes
 * apart, for `columns` (a multiple of eight) columns. C's rows lie `down` bytes apart; rows from `from` on, `fromDown` bytes apart, are added, none if it is 0.
 *
 * The steps of the inner loop are written out four times with a way out after each: the engine then keeps each step's loads beside its sums (without, it loads
 * for all four first and runs out of registers), and a step costs 17 instructions instead of 22. That counts where another program shares the core.
 */
export function tiles(
  strip: usize, end: usize, panel: usize, depth: usize, columns: i32,
  to: usize, down: usize, from: usize, fromDown: usize, scale: f32,
): void {
  const factor = f32x4.splat(scale);
  for (let j = 0; j < columns; j += 8) {
    let c00 = f32x4.splat(0), c01 = c00, c10 = c00, c11 = c00, c20 = c00, c21 = c00, c30 = c00, c31 = c00;
    let b0: v128, b1: v128, x0: v128, x1: v128, x2: v128, x3: v128;
    let a = strip;
    let b = panel;
    while (a < end) {
      b0 = v128.load(b);
      b1 = v128.load(b, 16);
      x0 = v128.load32_splat(a);
      x1 = v128.load32_splat(a, 4);
      x2 = v128.load32_splat(a, 8);
      x3 = v128.load32_splat(a, 12);
      c00 = accumulate(c00, x0, b0);
      c01 = accumulate(c01, x0, b1);
      c10 = accumulate(c10, x1, b0);
      c11 = accumulate(c11, x1, b1);
      c20 = accumulate(c20, x2, b0);
      c21 = accumulate(c21, x2, b1);
      c30 = accumulate(c30, x3, b0);
      c31 = accumulate(c31, x3, b1);
      a += 16;
      if (a >= end) break;

      b0 = v128.load(b, 32);
      b1 = v128.load(b, 48);
      x0 = v128.load32_splat(a);
      x1 = v128.load32_splat(a, 4);
      x2 = v128.load32_splat(a, 8);
      x3 = v128.load32_splat(a, 12);
      c00 = accumulate(c00, x0, b0);
      c01 = accumulate(c01, x0, b1);
      c10 = accumulate(c10, x1, b0);
      c11 = accumulate(c11, x1, b1);
      c20 = accumulate(c20, x2, b0);
      c21 = accumulate(c21, x2, b1);
      c30 = accumulate(c30, x3, b0);
      c31 = accumulate(c31, x3, b1);
      a += 16;
      if (a >= end) break;

      b0 = v128.load(b, 64);
      b1 = v128.load(b, 80);
      x0 = v128.load32_splat(a);
      x1 = v128.load32_splat(a, 4);
      x2 = v128.load32_splat(a, 8);
      x3 = v128.load32_splat(a, 12);
      c00 = accumulate(c00, x0, b0);
      c01 = accumulate(c01, x0, b1);
      c10 = accumulate(c10, x1, b0);
      c11 = accumulate(c11, x1, b1);
      c20 = accumulate(c20, x2, b0);
      c21 = accumulate(c21, x2, b1);
      c30 = accumulate(c30, x3, b0);
      c31 = accumulate(c31, x3, b1);
      a += 16;
      if (a >= end) break;

      b0 = v128.load(b, 96);
      b1 = v128.load(b, 112);
      x0 = v128.load32_splat(a);
      x1 = v128.load32_splat(a, 4);
      x2 = v128.load32_splat(a, 8);
      x3 = v128.load32_splat(a, 12);
      c00 = accumulate(c00, x0, b0);
      c01 = accumulate(c01, x0, b1);
      c10 = accumulate(c10, x1, b0);
      c11 = accumulate(c11, x1, b1);
      c20 = accumulate(c20, x2, b0);
      c21 = accumulate(c21, x2, b1);
      c30 = accumulate(c30, x3, b0);
      c31 = accumulate(c31, x3, b1);
      a += 16;
      b += 128;
    }
    panel += depth;
    let row = to;
    if (from == 0) {
      v128.store(row, f32x4.mul(c00, factor));
      v128.store(row, f32x4.mul(c01, factor), 16);
      row += down;
      v128.store(row, f32x4.mul(c10, factor));
      v128.store(row, f32x4.mul(c11, factor), 16);
      row += down;
      v128.store(row, f32x4.mul(c20, factor));
      v128.store(row, f32x4.mul(c21, factor), 16);
      row += down;
      v128.store(row, f32x4.mul(c30, factor));
      v128.store(row, f32x4.mul(c31, factor), 16);
    } else {
      let before = from;
      v128.store(row, f32x4.add(f32x4.mul(c00, factor), v128.load(before)));
      v128.store(row, f32x4.add(f32x4.mul(c01, factor), v128.load(before, 16)), 16);
      row += down;
      before += fromDown;
      v128.store(row, f32x4.add(f32x4.mul(c10, factor), v128.load(before)));
      v128.store(row, f32x4.add(f32x4.mul(c11, factor), v128.load(before, 16)), 16);
      row += down;
      before += fromDown;
      v128.store(row, f32x4.add(f32x4.mul(c20, factor), v128.load(before)));
      v128.store(row, f32x4.add(f32x4.mul(c21, factor), v128.load(before, 16)), 16);
      row += down;
      before += fromDown;
      v128.store(row, f32x4.add(f32x4.mul(c30, factor), v128.load(before)));
      v128.store(row, f32x4.add(f32x4.mul(c31, factor), v128.load(before, 16)), 16);
      from += 32;
    }
    to += 32;
  }
}
