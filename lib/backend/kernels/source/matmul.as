/**
 * C = scale · A B (or C + scale · A B with `isSum`) for a batch of matrices of f32 numbers with any strides, in the memory of TensorFlow.js' wasm backend.
 *
 * B is copied, block by block, into panels of eight or sixteen columns, and A into strips of four rows (`workspace`), so that the inner loop reads both in
 * order; a tile of four rows of C, as wide as a panel, stays in registers meanwhile. Blocks of 256 × 512 of B stay in the second-level cache.
 */
import { ARGUMENTS, begin, chunksOf, job, jobNumber, partStart, share, workspace } from "./threads";
import { MATMUL } from "./parts";
import { addAll } from "./rows";
import { tiles } from "./tiles";
import { accumulate, loadPart, storePart, sumOf } from "./vector";

/** `tiles` of wide.as, which has an instance of its own; whoever has none gives anything, and does not call `useWide`. */
@external("wide", "tiles")
declare function wideTiles(
  strip: usize, end: usize, panel: usize, depth: usize, columns: i32,
  to: usize, down: usize, from: usize, fromDown: usize, scale: f32,
): void;

/** Columns of a panel and of a tile: 8, or 16 for `wideTiles`. */
let width: i32 = 8;

// @ts-ignore: decorator
@inline
function tilesByWidth(
  strip: usize, end: usize, panel: usize, depth: usize, columns: i32,
  to: usize, down: usize, from: usize, fromDown: usize, scale: f32,
): void {
  if (width == 8) tiles(strip, end, panel, depth, columns, to, down, from, fromDown, scale);
  else wideTiles(strip, end, panel, depth, columns, to, down, from, fromDown, scale);
}

/** From now on products are done by `wideTiles`, with the same results. */
export function useWide(): void {
  width = 16;
}

const BLOCK_INNER: i32 = 256;
const BLOCK_COLUMNS: i32 = 512;
/** How many rows of an A whose columns lie apart are copied side by side at a time: a cache line of them. */
const STRIP_ROWS: i32 = 16;
/** Bytes between panels: a cache line, so that their starts do not fall on one place of the first-level cache. */
const PANEL_GAP: i32 = 64;
/** Bytes of all panels. */
const PANELS: i32 = BLOCK_INNER * BLOCK_COLUMNS * 4 + PANEL_GAP * (BLOCK_COLUMNS / 8);

/** Bytes of workspace that each thread wants: panels, strips and a tile at C's edge. */
export function workspaceSize(): i32 {
  return PANELS + (BLOCK_INNER * STRIP_ROWS + 4 * 16) * 4 + 16;
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
      // Where all of B is one block, each thread packs it once for all its rows.
      if (n > BLOCK_COLUMNS || k > BLOCK_INNER || n > m || m < pieces << 4) {
        while (columnParts * columnParts * 2 <= <i32>((<i64>pieces * n) / m)) columnParts <<= 1;
        columnParts = max(1, min(min(columnParts, pieces), n >> 5));
      }
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
  const panelBytes = <usize>width << 2;
  for (let j0 = columnFirst; j0 < columnEnd; j0 += BLOCK_COLUMNS) {
    const columns = min(BLOCK_COLUMNS, columnEnd - j0);
    for (let k0 = 0; k0 < k; k0 += BLOCK_INNER) {
      const inner = min(BLOCK_INNER, k - k0);
      const depth = <usize>inner * panelBytes + PANEL_GAP;
      if (!isPacked) pack(b + ((<usize>k0 * bRow + <usize>j0 * bColumn) << 2), bRow, bColumn, inner, columns, panels, depth);
      const isFurther = isSum != 0 || k0 > 0;
      const start = bias == 0 || k0 > 0 ? <usize>0 : bias + (<usize>j0 << 2);
      if (isFurther && start != 0) addBias(c + ((<usize>rowFirst * cRow + j0) << 2), cRow, rowEnd - rowFirst, columns, start);
      for (let i0 = rowFirst; i0 < rowEnd; i0 += 4) {
        const rows = min(4, rowEnd - i0);
        let skip = 0;
        let length = inner;
        let wanted = columns;
        if (causal != ALL) {
          const seen = causalFrom + i0 + rows;
          if (causal == ONLY_SEEN) wanted = min(columns, (seen - j0 + width - 1) & -width); // whole tiles
          else if (causal == FROM_SEEN) length = min(inner, seen - k0);
          else skip = max(0, min(inner, i0 - causalFrom - k0));
          if (wanted <= 0) continue;
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
        const from = isFurther ? cTile : start;
        const fromRow = isFurther ? cRow : 0;
        stripByPanels(own, end, rows, panels + <usize>skip * panelBytes, depth, wanted, cTile, cRow, from, fromRow, scale, edge);
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

/** Copies a block of B into panels of `width` columns, each `inner` × `width`, filled up with zeros; panels lie `depth` bytes apart. */
function pack(b: usize, bRow: i32, bColumn: i32, inner: i32, columns: i32, panels: usize, depth: usize): void {
  const right = <usize>bColumn << 2;
  const down = <usize>bRow << 2;
  const across = <usize>width << 2;
  let panel = panels;
  let column = 0;
  if (bColumn == 1) {
    // Row by row, as far as a row goes: memory is read fastest in order.
    column = columns & -width;
    for (let i: usize = 0; i < <usize>inner; i++) {
      const end = b + i * down + (<usize>column << 2);
      let to = panels + i * across;
      for (let from = b + i * down; from < end; from += across) {
        for (let at: usize = 0; at < across; at += 32) {
          const left = v128.load(from + at);
          const rest = v128.load(from + at, 16);
          v128.store(to + at, left);
          v128.store(to + at, rest, 16);
        }
        to += depth;
      }
    }
    panel += <usize>(column / width) * depth;
  } else if (bRow == 1) {
    for (; column + width <= columns; column += width) {
      // Columns of B that lie in memory as rows.
      let first = b + <usize>column * right;
      for (let at: usize = 0; at < across; at += 16) {
        turn(first, first + right, first + right * 2, first + right * 3, inner, panel + at, across);
        first += right * 4;
      }
      panel += depth;
    }
  }
  for (; column < columns; column += width) {
    const there = columns - column;
    let to = panel;
    for (let i: usize = 0; i < <usize>inner; i++) {
      let from = b + i * down + <usize>column * right;
      for (let w = 0; w < width; w++) {
        store<f32>(to, w < there ? load<f32>(from) : 0);
        to += 4;
        from += right;
      }
    }
    panel += depth;
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

/** Four rows of C from a strip of A (from `strip` up to `end`) and panels of B: whole tiles at once, what is less by way of `edge`, so that nothing beyond C is touched. */
function stripByPanels(
  strip: usize, end: usize, rows: i32, panel: usize, depth: usize, columns: i32,
  c: usize, cRow: i32, from: usize, fromRow: i32, scale: f32, edge: usize,
): void {
  const down = <usize>cRow << 2;
  const fromDown = <usize>fromRow << 2;
  const whole = rows == 4 ? columns & -width : 0;
  if (whole > 0) {
    tilesByWidth(strip, end, panel, depth, whole, c, down, from, fromDown, scale);
    panel += <usize>(whole / width) * depth;
  }
  for (let j = whole; j < columns; j += width) {
    tilesByWidth(strip, end, panel, depth, width, edge, 64, 0, 0, scale);
    panel += depth;
    const there = min(width, columns - j);
    for (let i = 0; i < rows; i++) {
      const sums = edge + (<usize>i << 6);
      const to = c + (<usize>i * down) + (<usize>j << 2);
      if (from == 0) memory.copy(to, sums, <usize>there << 2);
      else addAll(sums, from + <usize>i * fromDown + (<usize>j << 2), to, there);
    }
  }
}

/** Adds the bias to rows of C that a product is added to. */
function addBias(c: usize, cRow: i32, rows: i32, columns: i32, bias: usize): void {
  for (let i = 0; i < rows; i++) addAll(c + ((<usize>i * cRow) << 2), bias, c + ((<usize>i * cRow) << 2), columns);
}
