/**
 * Several threads on one kernel: the thread that calls it writes what is to be done into a block of the shared memory (`job`), the others take chunks of it, and
 * the caller too, until none is left. A thread that comes late finds nothing to do: nobody waits for one that sleeps. Results do not depend on who did what.
 */
import { part } from "./parts";

/** Address of the block; 0 without threads. Words: below, each group in a cache line of its own. */
export let job: usize = 0;
/** What matmul packs into, of this thread alone. */
export let workspace: usize = 0;

const SEQUENCE: usize = 0; // counts jobs; threads without work wait for it to change
const SLEEPING: usize = 4; // threads that wait
const THREADS: usize = 8; // threads that help
const WORK: usize = 16; // work that could have been shared, in thousands of steps, before there were threads
const OPEN: usize = 64; // 1 while chunks are to be had
const KERNEL: usize = 68;
const CHUNKS: usize = 72;
const SHARES: usize = 76; // among how many threads
const ACTIVE: usize = 128; // helpers that look at the job
const WAITED_FOR: usize = 132; // 1 while the caller sleeps until they have done
/** Where a job's arguments begin. */
export const ARGUMENTS: usize = 192;
const NEXT: usize = 384; // for each thread the next chunk of its share, a cache line apart
const MOST_THREADS: i32 = 16;

/** Bytes of the block. */
export function jobSize(): i32 {
  return <i32>NEXT + MOST_THREADS * 64;
}

/** How often a helper looks for a job before it goes to sleep: about a quarter of a millisecond. */
const PATIENCE: i32 = 100000;
/** How often the caller looks whether helpers have done before it sleeps, which takes longer than most chunks: a helper may want its processor. */
const CALLERS_PATIENCE: i32 = 100000;

/** The addresses of this thread's block and workspace; the block cleared by who makes it. */
export function setUp(block: usize, space: usize): void {
  job = block;
  workspace = space;
}

/**
 * For how many jobs the caller works alone after a helper was not given a processor, because others need the machine: few after a single time, twice as
 * many after each further one.
 */
const SHORTEST_HOLIDAY: i32 = 2;
const LONGEST_HOLIDAY: i32 = 64;
let holiday: i32 = SHORTEST_HOLIDAY;
/** Jobs that are left of the present one. */
let holidays: i32 = 0;

/**
 * Into how many chunks of at least `least` and at most `most` steps `steps` are to be divided, `each` for every thread if there is enough: 1 where
 * threads cannot help.
 */
export function chunksOf(steps: i32, least: i32, each: i32 = 8, most: i32 = i32.MAX_VALUE): i32 {
  if (job == 0 || steps < least * 2) return 1;
  if (holidays > 0) {
    holidays--;
    return 1;
  }
  const helpers = atomic.load<i32>(job, THREADS);
  if (helpers == 0) {
    atomic.add<i32>(job, steps >>> 10, WORK);
    return 1;
  }
  return max(min(steps / least, each * (helpers + 1)), steps / most);
}

/** The place of the job's argument. */
// @ts-ignore: decorator
@inline
export function setArgument(index: usize, value: i32): void {
  store<i32>(job + (index << 2), value, ARGUMENTS);
}

// @ts-ignore: decorator
@inline
export function argument(index: usize): i32 {
  return load<i32>(job + (index << 2), ARGUMENTS);
}

// @ts-ignore: decorator
@inline
export function setFactor(index: usize, value: f32): void {
  store<f32>(job + (index << 2), value, ARGUMENTS);
}

// @ts-ignore: decorator
@inline
export function factor(index: usize): f32 {
  return load<f32>(job + (index << 2), ARGUMENTS);
}

/** Where chunk `chunk` of `chunks` begins in `total` steps, in whole multiples of `unit` (the end of the last one: `total`). */
export function partStart(total: i32, chunk: i32, chunks: i32, unit: i32): i32 {
  if (chunk >= chunks) return total;
  return (<i32>((<i64>total * chunk) / chunks) / unit) * unit;
}

/** Before arguments are written: an interrupt may have ended the last job half way, with helpers still at it. */
export function begin(): void {
  close();
}

/** Does all chunks of a job whose arguments are set, with whoever helps. */
export function share(kernel: i32, chunks: i32): void {
  store<i32>(job, kernel, KERNEL);
  store<i32>(job, chunks, CHUNKS);
  // Threads that join meanwhile help with the next job.
  const threads = atomic.load<i32>(job, THREADS) + 1;
  store<i32>(job, threads, SHARES);
  for (let i = 0; i < threads; i++) {
    atomic.store<i32>(job + NEXT + (<usize>i << 6), partStart(chunks, i, threads, 1));
  }
  atomic.store<i32>(job, 1, OPEN);
  atomic.add<i32>(job, 1, SEQUENCE);
  if (atomic.load<i32>(job, SLEEPING) != 0) atomic.notify(job + SEQUENCE, -1);
  take(kernel, chunks, ownNumber, threads);
  close();
}

/**
 * Chunks of this thread's own share, then what is left of the others'. Shares are the same from job to job, so that a thread finds what it wrote itself in its
 * own core's cache.
 */
function take(kernel: i32, chunks: i32, own: i32, threads: i32): void {
  for (let i = 0; i < threads; i++) {
    const owner = (own + i) % threads;
    const next = job + NEXT + (<usize>owner << 6);
    const end = partStart(chunks, owner + 1, threads, 1);
    for (;;) {
      const chunk = atomic.add<i32>(next, 1);
      if (chunk >= end) break;
      part(kernel, chunk, chunks);
    }
  }
}

/** Ends the job: no helper begins with it any more, and those that had begun have done. */
function close(): void {
  atomic.store<i32>(job, 0, OPEN);
  for (let left = CALLERS_PATIENCE; left > 0; left--) {
    if (atomic.load<i32>(job, ACTIVE) == 0) {
      if (holiday > SHORTEST_HOLIDAY) holiday--;
      return;
    }
  }
  atomic.store<i32>(job, 1, WAITED_FOR);
  for (;;) {
    const active = atomic.load<i32>(job, ACTIVE);
    if (active == 0) break;
    if (atomic.wait<i32>(job + ACTIVE, active, 2000000) == AtomicWaitResult.TIMED_OUT && holidays == 0) {
      holidays = holiday;
      holiday = min(holiday * 2, LONGEST_HOLIDAY);
    }
  }
  atomic.store<i32>(job, 0, WAITED_FOR);
}

/** Which thread this is: 0 calls, others help. */
let ownNumber: i32 = 0;

/** Counts this thread as one that helps: from now on work is shared. */
export function join(): void {
  ownNumber = atomic.add<i32>(job, 1, THREADS) + 1;
}

/** Which job this thread works on. */
export function jobNumber(): i32 {
  return load<i32>(job, SEQUENCE);
}

/** What a helping thread does until the process ends. */
export function serve(): void {
  let seen = atomic.load<i32>(job, SEQUENCE) - 1;
  for (;;) {
    let left = PATIENCE;
    while (atomic.load<i32>(job, SEQUENCE) == seen && left > 0) left--;
    if (left == 0) {
      atomic.add<i32>(job, 1, SLEEPING);
      atomic.wait<i32>(job + SEQUENCE, seen, -1);
      atomic.sub<i32>(job, 1, SLEEPING);
    }
    seen = atomic.load<i32>(job, SEQUENCE);
    atomic.add<i32>(job, 1, ACTIVE);
    if (atomic.load<i32>(job, OPEN) != 0) take(load<i32>(job, KERNEL), load<i32>(job, CHUNKS), ownNumber, load<i32>(job, SHARES));
    atomic.sub<i32>(job, 1, ACTIVE);
    if (atomic.load<i32>(job, WAITED_FOR) != 0) atomic.notify(job + ACTIVE, 1);
  }
}
