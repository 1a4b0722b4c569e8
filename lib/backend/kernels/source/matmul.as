/**
 * C = scale · A B (or C + scale · A B with `isSum`) for a batch of matrices of f32 numbers with any strides, in the memory of TensorFlow.js' wasm backend.
 *
 * B is copied, block by block, into panels of eight columns, and A into strips of four rows (`workspace`), so that the inner loop reads both in order; a
 * tile of 4 rows × 8 columns of C stays in registers meanwhile. Blocks of 256 × 512 of B stay in the second-level cache.
 */
import { ARGUMENTS, begin, chunksOf, job, jobNumber, partStart, share, workspace } from "./threads";
import { MATMUL } from "./parts";
import { addAll } from "./rows";
import { accumulate, loadPart, storePart, sumOf } from "./vector";

const BLOCK_INNER: i32 = 256;
const BLOCK_COLUMNS: i32 = 512;
/** How many rows of an A whose columns lie apart are copied side by side at a time: a cache line of them. */
const STRIP_ROWS: i32 = 16;
/** Rows by which a panel is longer than its block: a cache line, so that the starts of panels do not fall on one place of the first-level cache. */
const PANEL_GAP: i32 = 2;
/** Bytes of all panels. */
const PANELS: i32 = (BLOCK_INNER + PANEL_GAP) * BLOCK_COLUMNS * 4;

/** Bytes of workspace that each thread wants: panels, strips and a row of a tile at C's edge. */
export function workspaceSize(): i32 {
  return PANELS + (BLOCK_INNER * STRIP_ROWS + 8) * 4 + 16;
}

/** Which entries of a product of attention need no work, as a query sees only keys up to its own position. */
const ALL: i32 = 0;
/** C [queries, keys]: what is above the diagonal is not set. */
const ONLY_SEEN: i32 = 1;
/** A [queries, keys] has zeros above the diagonal. */
const FROM_SEEN: i32 = 2;
/** A is such a matrix transposed, [keys, queries]. */
const FROM_SEERS: i32 = 3;

/** The fewest multiplications that are worth a chunk of their own. */
const LEAST: i32 = 1 << 15;
/** The most: one or two milliseconds of them, so that no thread waits long for the last one. */
const MOST: i32 = 1 << 25;
/** How many chunks each thread is given, if there is enough to do. */
const EACH: i32 = 4;

/**
 * `groups` times `batch` products. Addresses in bytes; strides in numbers; C's columns lie side by side. `causal` names what can be left out
 * when query i sees the keys up to i + `causalFrom`. `bias` (n numbers, or address 0) is added to every row of C.
 */
export function matmul(
  groups: i32, batch: i32, m: i32, n: i32, k: i32,
  a: usize, aGroup: i32, aBatch: i32, aRow: i32, aColumn: i32,
  b: usize, bGroup: i32, bBatch: i32, bRow: i32, bColumn: i32,
  c: usize, cGroup: i32, cBatch: i32, cRow: i32,
  scale: f32, isSum: i32, causal: i32, causalFrom: i32, bias: usize,
): void {
  const items = groups * batch;
  if (items == 0 || m == 0 || n == 0) return;
  const steps = <i64>items * m * n * k;
  const parts = chunksOf(<i32>min<i64>(steps, i32.MAX_VALUE), LEAST, EACH, MOST);
  // Whole matrices where there are enough of them, else parts of each, by rows and columns.
  let rowParts = 1;
  let columnParts = 1;
  if (items < parts) {
    const wanted = (parts + items - 1) / items;
    if (m < 4) columnParts = max(1, min(wanted, n >> 7)); // one row reads B once, in long stretches or slowly
    else {
      // Each part packs its part of B and its part of A: nearly square ones cost least. Halves of halves, so that threads have equally many.
      let pieces = 1;
      while (pieces < wanted) pieces <<= 1;
      while (columnParts * columnParts * 2 <= <i32>((<i64>pieces * n) / m)) columnParts <<= 1;
      columnParts = max(1, min(min(columnParts, pieces), n >> 5));
      rowParts = max(1, min(pieces / columnParts, m >> 4));
    }
  }
  if (parts > 1) begin();
  const at = parts > 1 ? job + ARGUMENTS : workspace;
  const chunks = items < parts ? items * rowParts * columnParts : parts;
  store<i32>(at, batch, 0);
  store<i32>(at, m, 4);
  store<i32>(at, n, 8);
  store<i32>(at, k, 12);
  store<usize>(at, a, 16);
  store<i32>(at, aGroup, 20);
  store<i32>(at, aBatch, 24);
  store<i32>(at, aRow, 28);
  store<i32>(at, aColumn, 32);
  store<usize>(at, b, 36);
  store<i32>(at, bGroup, 40);
  store<i32>(at, bBatch, 44);
  store<i32>(at, bRow, 48);
  store<i32>(at, bColumn, 52);
  store<usize>(at, c, 56);
  store<i32>(at, cGroup, 60);
  store<i32>(at, cBatch, 64);
  store<i32>(at, cRow, 68);
  store<f32>(at, scale, 72);
  store<i32>(at, isSum, 76);
  store<i32>(at, causal, 80);
  store<i32>(at, causalFrom, 84);
  store<usize>(at, bias, 100);
  store<i32>(at, items, 88);
  store<i32>(at, rowParts, 92);
  store<i32>(at, columnParts, 96);
  if (chunks > 1) share(MATMUL, chunks);
  else matmulPart(at, 0, 1);
}

/** Of which job, and which part of it, all of B is in this thread's panels. */
let packedJob: i32 = -1;
let packedPart: i32 = -1;

/** The chunk of a product whose arguments lie at `at`. */
export function matmulPart(at: usize, chunk: i32, chunks: i32): void {
  const batch = load<i32>(at, 0);
  const m = load<i32>(at, 4);
  const n = load<i32>(at, 8);
  const items = load<i32>(at, 88);
  const rowParts = load<i32>(at, 92);
  const columnParts = load<i32>(at, 96);
  const pieces = rowParts * columnParts;
  // Of `pieces` for each matrix this chunk is one; or, with whole matrices, it has several.
  const first = pieces > 1 ? chunk / pieces : partStart(items, chunk, chunks, 1);
  const end = pieces > 1 ? first + 1 : partStart(items, chunk + 1, chunks, 1);
  // Parts of the same columns follow each other: a thread packs them once.
  const rowPart = chunk % rowParts;
  const columnPart = (chunk % pieces) / rowParts;
  const rowFirst = partStart(m, rowPart, rowParts, STRIP_ROWS);
  const rowEnd = partStart(m, rowPart + 1, rowParts, STRIP_ROWS);
  const columnFirst = partStart(n, columnPart, columnParts, 16);
  const columnEnd = partStart(n, columnPart + 1, columnParts, 16);
  // Not kept across calls: the workspace that holds the arguments without threads is written to.
  const k = load<i32>(at, 12);
  const a = load<usize>(at, 16);
  const aGroup = load<i32>(at, 20);
  const aBatch = load<i32>(at, 24);
  const aRow = load<i32>(at, 28);
  const aColumn = load<i32>(at, 32);
  const b = load<usize>(at, 36);
  const bGroup = load<i32>(at, 40);
  const bBatch = load<i32>(at, 44);
  const bRow = load<i32>(at, 48);
  const bColumn = load<i32>(at, 52);
  const c = load<usize>(at, 56);
  const cGroup = load<i32>(at, 60);
  const cBatch = load<i32>(at, 64);
  const cRow = load<i32>(at, 68);
  const scale = load<f32>(at, 72);
  const isSum = load<i32>(at, 76);
  const causal = load<i32>(at, 80);
  const causalFrom = load<i32>(at, 84);
  const bias = load<usize>(at, 100);
  // One block of B, shared by all parts of the same columns of one product.
  const isOneBlock = pieces > 1 && chunks > 1 && k <= BLOCK_INNER && columnEnd - columnFirst <= BLOCK_COLUMNS;
  const part = chunk / rowParts;
  const isPacked = isOneBlock && packedJob == jobNumber() && packedPart == part;
  packedJob = -1;
  for (let item = first; item < end; item++) {
    const group = item / batch;
    const inner = item - group * batch;
    product(
      rowFirst, rowEnd, columnFirst, columnEnd, m, k,
      a + ((<usize>group * aGroup + <usize>inner * aBatch) << 2), aRow, aColumn,
      b + ((<usize>group * bGroup + <usize>inner * bBatch) << 2), bRow, bColumn,
      c + ((<usize>group * cGroup + <usize>inner * cBatch) << 2), cRow,
      scale, isSum, causal, causalFrom, bias, isPacked,
    );
  }
  if (isOneBlock) {
    packedJob = jobNumber();
    packedPart = part;
  }
}

/** Rows and columns from … up to … of one product. */
function product(
  rowFirst: i32, rowEnd: i32, columnFirst: i32, columnEnd: i32, m: i32, k: i32,
  a: usize, aRow: i32, aColumn: i32, b: usize, bRow: i32, bColumn: i32, c: usize, cRow: i32,
  scale: f32, isSum: i32, causal: i32, causalFrom: i32, bias: usize, isPacked: bool,
): void {
  const panels = (workspace + 15) & ~15;
  const strip = panels + PANELS;
  const edge = strip + ((BLOCK_INNER * STRIP_ROWS) << 2);
  if (m < 4 && aColumn == 1 && (bColumn == 1 || bRow == 1)) {
    // Too few rows to pay for packing B: each of its numbers is used once for each of them.
    const b1 = b + ((<usize>columnFirst * bColumn) << 2);
    for (let i = rowFirst; i < rowEnd; i++) {
      const a1 = a + ((<usize>i * aRow) << 2);
      const c1 = c + ((<usize>i * cRow + columnFirst) << 2);
      startRow(c1, columnEnd - columnFirst, isSum, bias, columnFirst);
      if (bColumn == 1) rowByRows(a1, k, b1, bRow, columnEnd - columnFirst, c1, scale);
      else rowByColumns(a1, k, b1, bColumn, columnEnd - columnFirst, c1, scale);
    }
    return;
  }
  if (k == 0) {
    for (let i = rowFirst; i < rowEnd; i++) {
      startRow(c + ((<usize>i * cRow + columnFirst) << 2), columnEnd - columnFirst, isSum, bias, columnFirst);
    }
    return;
  }
  const isGatheredWide = aColumn != 1 && aRow == 1 && causal == ALL;
  for (let j0 = columnFirst; j0 < columnEnd; j0 += BLOCK_COLUMNS) {
    const columns = min(BLOCK_COLUMNS, columnEnd - j0);
    for (let k0 = 0; k0 < k; k0 += BLOCK_INNER) {
      const inner = min(BLOCK_INNER, k - k0);
      const depth = <usize>(inner + PANEL_GAP) << 5;
      if (!isPacked) pack(b + ((<usize>k0 * bRow + <usize>j0 * bColumn) << 2), bRow, bColumn, inner, columns, panels, depth);
      const isFurther = isSum != 0 || k0 > 0;
      const start = bias == 0 || k0 > 0 ? <usize>0 : bias + (<usize>j0 << 2);
      for (let i0 = rowFirst; i0 < rowEnd; i0 += 4) {
        const rows = min(4, rowEnd - i0);
        let skip = 0;
        let length = inner;
        let width = columns;
        if (causal != ALL) {
          const seen = causalFrom + i0 + rows;
          if (causal == ONLY_SEEN) width = min(columns, seen - j0);
          else if (causal == FROM_SEEN) length = min(inner, seen - k0);
          else skip = max(0, min(inner, i0 - causalFrom - k0));
          if (width <= 0) continue;
          // Nothing to add: but the first block sets C.
          if (length <= 0 || skip == inner) {
            if (isFurther) continue;
            length = 0;
            skip = 0;
          }
        }
        const aTile = a + ((<usize>i0 * aRow + <usize>(k0 + skip) * aColumn) << 2);
        const cTile = c + ((<usize>i0 * cRow + j0) << 2);
        length -= skip;
        let own = strip;
        if (aColumn == 1) gatherTurned(aTile, aRow, rows, length, strip);
        else {
          const wide = rowFirst + ((i0 - rowFirst) & -STRIP_ROWS);
          if (isGatheredWide && wide + STRIP_ROWS <= rowEnd) {
            if (wide == i0) gatherWide(aTile, aColumn, inner, strip);
            own += <usize>(i0 - wide) * (BLOCK_INNER << 2);
          } else gather(aTile, aRow, aColumn, rows, length, strip);
        }
        const end = own + (<usize>length << 4);
        stripByPanels(own, end, rows, panels + (skip << 5), depth, width, cTile, cRow, scale, isFurther, start, edge);
      }
    }
  }
}

/** What `n` numbers of a row of C, from column `first` on, are before products are added: what they were, or 0; and the bias. */
function startRow(c: usize, n: i32, isSum: i32, bias: usize, first: i32): void {
  const from = bias + (<usize>first << 2);
  if (isSum != 0) {
    if (bias != 0) addAll(c, from, c, n);
  } else if (bias != 0) memory.copy(c, from, <usize>n << 2);
  else memory.fill(c, 0, <usize>n << 2);
}

/** Adds to one row of C where B's rows lie side by side: the sum of B's rows, each times a number of A, four at a time. */
function rowByRows(a: usize, k: i32, b: usize, bRow: i32, n: i32, c: usize, scale: f32): void {
  const down = <usize>bRow << 2;
  const whole = <usize>(n & ~3) << 2;
  const rest = n & 3;
  let inner = 0;
  for (; inner + 4 <= k; inner += 4) {
    const x0 = f32x4.splat(scale * load<f32>(a));
    const x1 = f32x4.splat(scale * load<f32>(a, 4));
    const x2 = f32x4.splat(scale * load<f32>(a, 8));
    const x3 = f32x4.splat(scale * load<f32>(a, 12));
    const b1 = b + down;
    const b2 = b1 + down;
    const b3 = b2 + down;
    for (let at: usize = 0; at < whole; at += 16) {
      const near = accumulate(accumulate(v128.load(c + at), x0, v128.load(b + at)), x1, v128.load(b1 + at));
      v128.store(c + at, accumulate(accumulate(near, x2, v128.load(b2 + at)), x3, v128.load(b3 + at)));
    }
    if (rest > 0) {
      let sum = accumulate(loadPart(c + whole, rest, 0), x0, loadPart(b + whole, rest, 0));
      sum = accumulate(sum, x1, loadPart(b1 + whole, rest, 0));
      sum = accumulate(sum, x2, loadPart(b2 + whole, rest, 0));
      storePart(c + whole, accumulate(sum, x3, loadPart(b3 + whole, rest, 0)), rest);
    }
    a += 16;
    b = b3 + down;
  }
  for (; inner < k; inner++) {
    const x = f32x4.splat(scale * load<f32>(a));
    for (let at: usize = 0; at < whole; at += 16) {
      v128.store(c + at, accumulate(v128.load(c + at), x, v128.load(b + at)));
    }
    if (rest > 0) storePart(c + whole, accumulate(loadPart(c + whole, rest, 0), x, loadPart(b + whole, rest, 0)), rest);
    a += 4;
    b += down;
  }
}

/** Adds to one row of C where B's columns lie side by side: a dot product for each. */
function rowByColumns(a: usize, k: i32, b: usize, bColumn: i32, n: i32, c: usize, scale: f32): void {
  const whole = <usize>(k & ~7) << 2;
  const end = <usize>k << 2;
  for (let j = 0; j < n; j++) {
    let even = f32x4.splat(0);
    let odd = even;
    for (let at: usize = 0; at < whole; at += 32) {
      even = accumulate(even, v128.load(a + at), v128.load(b + at));
      odd = accumulate(odd, v128.load(a + at, 16), v128.load(b + at, 16));
    }
    let sum = sumOf(f32x4.add(even, odd));
    for (let at = whole; at < end; at += 4) sum += load<f32>(a + at) * load<f32>(b + at);
    store<f32>(c, load<f32>(c) + scale * sum);
    c += 4;
    b += <usize>bColumn << 2;
  }
}

/** Copies a block of B into panels of 8 columns, each `inner` × 8, filled up with zeros; panels lie `depth` bytes apart. */
function pack(b: usize, bRow: i32, bColumn: i32, inner: i32, columns: i32, panels: usize, depth: usize): void {
  const right = <usize>bColumn << 2;
  const down = <usize>bRow << 2;
  let column = 0;
  if (bColumn == 1) {
    // Row by row, as far as a row goes: memory is read fastest in order.
    column = columns & ~7;
    for (let i: usize = 0; i < <usize>inner; i++) {
      const end = b + i * down + (<usize>column << 2);
      let to = panels + (i << 5);
      for (let from = b + i * down; from < end; from += 32) {
        const left = v128.load(from);
        const rest = v128.load(from, 16);
        v128.store(to, left);
        v128.store(to, rest, 16);
        to += depth;
      }
    }
  } else if (bRow == 1) {
    for (; column + 8 <= columns; column += 8) {
      // Columns of B that lie in memory as rows.
      const first = b + <usize>column * right;
      const fifth = first + right * 4;
      const panel = panels + <usize>(column >> 3) * depth;
      turn(first, first + right, first + right * 2, first + right * 3, inner, panel, 32);
      turn(fifth, fifth + right, fifth + right * 2, fifth + right * 3, inner, panel + 16, 32);
    }
  }
  for (; column < columns; column += 8) {
    const width = columns - column;
    let to = panels + <usize>(column >> 3) * depth;
    for (let i: usize = 0; i < <usize>inner; i++) {
      let from = b + i * down + <usize>column * right;
      for (let w = 0; w < 8; w++) {
        store<f32>(to, w < width ? load<f32>(from) : 0);
        to += 4;
        from += right;
      }
    }
  }
}

/** Copies four rows of `inner` numbers beside each other: the first of each, then the second of each …, such fours `step` bytes apart. */
function turn(r0: usize, r1: usize, r2: usize, r3: usize, inner: i32, to: usize, step: usize): void {
  const whole = <usize>(inner & ~3) << 2;
  const end = <usize>inner << 2;
  let at: usize = 0;
  for (; at < whole; at += 16) {
    const x0 = v128.load(r0 + at);
    const x1 = v128.load(r1 + at);
    const x2 = v128.load(r2 + at);
    const x3 = v128.load(r3 + at);
    const low01 = v128.shuffle<f32>(x0, x1, 0, 4, 1, 5);
    const high01 = v128.shuffle<f32>(x0, x1, 2, 6, 3, 7);
    const low23 = v128.shuffle<f32>(x2, x3, 0, 4, 1, 5);
    const high23 = v128.shuffle<f32>(x2, x3, 2, 6, 3, 7);
    v128.store(to, v128.shuffle<f32>(low01, low23, 0, 1, 4, 5));
    v128.store(to + step, v128.shuffle<f32>(low01, low23, 2, 3, 6, 7));
    v128.store(to + step * 2, v128.shuffle<f32>(high01, high23, 0, 1, 4, 5));
    v128.store(to + step * 3, v128.shuffle<f32>(high01, high23, 2, 3, 6, 7));
    to += step * 4;
  }
  for (; at < end; at += 4) {
    store<f32>(to, load<f32>(r0 + at));
    store<f32>(to, load<f32>(r1 + at), 4);
    store<f32>(to, load<f32>(r2 + at), 8);
    store<f32>(to, load<f32>(r3 + at), 12);
    to += step;
  }
}

/** Copies sixteen rows of A, whose numbers lie side by side along the rows' axis, as four strips as `gather` makes them. */
function gatherWide(a: usize, aColumn: i32, inner: i32, to: usize): void {
  const step = <usize>aColumn << 2;
  const strip: usize = BLOCK_INNER << 4;
  for (let i = 0; i < inner; i++) {
    v128.store(to, v128.load(a));
    v128.store(to + strip, v128.load(a, 16));
    v128.store(to + strip * 2, v128.load(a, 32));
    v128.store(to + strip * 3, v128.load(a, 48));
    a += step;
    to += 16;
  }
}

/** Copies up to four rows of A side by side: `inner` × 4. */
function gather(a: usize, aRow: i32, aColumn: i32, rows: i32, inner: i32, to: usize): void {
  const step = <usize>aColumn << 2;
  if (rows == 4 && aRow == 1) {
    for (let i = 0; i < inner; i++) {
      v128.store(to, v128.load(a));
      a += step;
      to += 16;
    }
    return;
  }
  const down = <usize>aRow << 2;
  for (let i = 0; i < inner; i++) {
    store<f32>(to, load<f32>(a));
    store<f32>(to, rows > 1 ? load<f32>(a + down) : 0, 4);
    store<f32>(to, rows > 2 ? load<f32>(a + down * 2) : 0, 8);
    store<f32>(to, rows > 3 ? load<f32>(a + down * 3) : 0, 12);
    a += step;
    to += 16;
  }
}

/** Copies up to four rows of A, whose numbers lie side by side along the inner axis, as `gather` does. */
function gatherTurned(a: usize, aRow: i32, rows: i32, inner: i32, to: usize): void {
  const down = <usize>aRow << 2;
  const a1 = rows > 1 ? a + down : a;
  const a2 = rows > 2 ? a1 + down : a;
  const a3 = rows > 3 ? a2 + down : a;
  turn(a, a1, a2, a3, inner, to, 16);
}

/**
 * Four rows of C from a strip of A (from `strip` up to `end`) and panels of B, `depth` bytes apart. The steps of the inner loop are written out four times with
 * a way out after each: the engine then keeps each step's loads beside its sums (without, it loads for all four first and runs out of registers), and
 * a step costs 17 instructions instead of 22. That counts where another program shares the core.
 */
function stripByPanels(
  strip: usize, end: usize, rows: i32, panel: usize, depth: usize, columns: i32,
  c: usize, cRow: i32, scale: f32, isFurther: bool, bias: usize, edge: usize,
): void {
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
    const factor = f32x4.splat(scale);
    const to = c + (<usize>j << 2);
    const start = bias == 0 ? bias : bias + (<usize>j << 2);
    if (rows == 4 && columns - j >= 8) {
      const down = <usize>cRow << 2;
      putRow(to, f32x4.mul(c00, factor), f32x4.mul(c01, factor), isFurther, start);
      putRow(to + down, f32x4.mul(c10, factor), f32x4.mul(c11, factor), isFurther, start);
      putRow(to + down * 2, f32x4.mul(c20, factor), f32x4.mul(c21, factor), isFurther, start);
      putRow(to + down * 3, f32x4.mul(c30, factor), f32x4.mul(c31, factor), isFurther, start);
    } else {
      put(c00, c01, c10, c11, c20, c21, c30, c31, to, cRow, rows, columns - j, factor, isFurther, start, edge);
    }
  }
}

/** Writes a tile of C, or adds to it, where it has fewer rows or columns: through `edge`, so that nothing beyond C is touched. */
function put(
  c00: v128, c01: v128, c10: v128, c11: v128, c20: v128, c21: v128, c30: v128, c31: v128,
  c: usize, cRow: i32, rows: i32, width: i32, scale: v128, isFurther: bool, bias: usize, edge: usize,
): void {
  const down = <usize>cRow << 2;
  putPart(c, f32x4.mul(c00, scale), f32x4.mul(c01, scale), width, isFurther, bias, edge);
  if (rows > 1) putPart(c + down, f32x4.mul(c10, scale), f32x4.mul(c11, scale), width, isFurther, bias, edge);
  if (rows > 2) putPart(c + down * 2, f32x4.mul(c20, scale), f32x4.mul(c21, scale), width, isFurther, bias, edge);
  if (rows > 3) putPart(c + down * 3, f32x4.mul(c30, scale), f32x4.mul(c31, scale), width, isFurther, bias, edge);
}

// @ts-ignore: decorator
@inline
function putRow(c: usize, x0: v128, x1: v128, isFurther: bool, bias: usize): void {
  if (isFurther) {
    x0 = f32x4.add(x0, v128.load(c));
    x1 = f32x4.add(x1, v128.load(c, 16));
  }
  if (bias != 0) {
    x0 = f32x4.add(x0, v128.load(bias));
    x1 = f32x4.add(x1, v128.load(bias, 16));
  }
  v128.store(c, x0);
  v128.store(c, x1, 16);
}

function putPart(c: usize, x0: v128, x1: v128, width: i32, isFurther: bool, bias: usize, edge: usize): void {
  v128.store(edge, x0);
  v128.store(edge, x1, 16);
  for (let w: usize = 0; w < <usize>min(width, 8); w++) {
    const at = c + (w << 2);
    let number = load<f32>(edge + (w << 2));
    if (bias != 0) number += load<f32>(bias + (w << 2));
    store<f32>(at, isFurther ? load<f32>(at) + number : number);
  }
}
