import assert from "node:assert/strict";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  commonDirection,
  mergeSweeps,
  places,
  readWords,
  relation,
  relationAt,
  sweep,
  sweepRows,
  type Sweep,
} from "../../../lib/directions/index.ts";
import { DISPLAY } from "../../../lib/display/index.ts";
import { plantedModel } from "./planted-model.ts";

const data = (found: Sweep) => JSON.parse(JSON.stringify(found)) as Sweep;

describe("sweep(model, relations, options)", () => {
  it("finds each planted relation at its head's OV, with its direction, and elsewhere only at the promised rate", async () => {
    const SEEDS = 12;
    let falseShares = 0;
    for (let seed = 1; seed <= SEEDS; seed++) {
      const { model, relation: planted, layer, head, written } = await plantedModel(seed);
      const { rows } = await sweep(model, [planted], {
        seed,
        places: places(model, ["query", "key", "OV"]),
        draws: 999,
      });
      assert.equal(rows.length, 18);
      assert.deepEqual(rows[0]?.place, { part: "OV", layer, head });
      assert.ok(rows[0].qValue < 0.05, `q ${rows[0].qValue}`);
      const found = rows.filter(({ qValue }) => qValue <= 0.05);
      falseShares += (found.length - 1) / found.length;
      const vectors = readWords(model, planted.pairs.flat()).at({ part: "OV", layer, head });
      const direction = commonDirection(vectors, planted).data;
      const cosine = written.reduce((sum, x, i) => sum + x * (direction[i] ?? 0), 0);
      assert.ok(cosine > 0.95, `cosine with what was planted: ${cosine}`);
    }
    // .05 expected at most; one sweep in which every second discovery is false gives .04
    assert.ok(falseShares / SEEDS <= 0.1, `mean share of false discoveries: ${falseShares / SEEDS}`);
  });

  it("finds something in shuffled twins no more often than promised", async () => {
    let [sweeps, discoveries, tests, low] = [0, 0, 0, 0];
    for (let seed = 0; seed < 40; seed++) {
      const { model, twin } = await plantedModel(`null ${seed}`);
      const { rows } = await sweep(model, [twin], {
        seed,
        places: places(model, ["query", "key", "OV"]),
        draws: 399,
      });
      sweeps++;
      if (rows.some(({ qValue }) => qValue <= 0.1)) discoveries++;
      tests += rows.length;
      low += rows.filter(({ pValue }) => pValue <= 0.2).length;
    }
    // 4 expected of 40 (binomial: 9 or more in 2% of cases)
    assert.ok(discoveries <= 8, `${discoveries} of ${sweeps} sweeps found something`);
    assert.ok(Math.abs(low / tests - 0.2) < 0.06, `${low} of ${tests} p-values up to .2`);
  });

  it("gives in shards, merged from JSON, exactly the whole", async () => {
    const { model, relation: planted, twin } = await plantedModel(7, 5);
    const unknown = relation("unknown", [
      ["x", "y"],
      ["v", "w"],
    ]);
    const relations = [planted, unknown, twin];
    const options = { seed: 3, draws: 99, templates: ["{word}", "from0 {word}"] };
    const whole = await sweep(model, relations, options);
    const parts: Sweep[] = [];
    for (const part of [3, 1, 2, 5, 4])
      parts.push(data(await sweep(model, relations, { ...options, shard: [part, 5] })));
    assert.deepEqual(data(mergeSweeps(parts)), data(whole));
    assert.equal(whole.rows.length, 2 * 24);
    assert.deepEqual(
      whole.skipped.map(({ relation: name }) => name),
      ["unknown"],
    );
    assert.throws(() => mergeSweeps(parts.slice(1)), {
      name: "DirectionError",
      message: /part 3\/5 is missing/,
    });
    const other = await sweep(model, relations, { ...options, seed: 4, shard: [3, 5] });
    assert.throws(() => mergeSweeps([other, ...parts.slice(1)]), {
      name: "DirectionError",
      message: /another sweep/,
    });
    await assert.rejects(sweep(model, relations, { ...options, shard: [6, 5] }), { name: "DirectionError" });
  });

  it("stops at the signal, and goes on from the folder where it was", async () => {
    const { model, relation: planted } = await plantedModel(8, 5);
    const cache = await mkdtemp(join(tmpdir(), "sweep-"));
    try {
      const stop = new AbortController();
      const options = { seed: 1, draws: 99, cache };
      let done = 0;
      await assert.rejects(
        sweep(model, [planted], {
          ...options,
          signal: stop.signal,
          onProgress: (progress) => {
            done = progress.done;
            assert.equal(progress.total, 24);
            if (done === 5) stop.abort(new Error("enough"));
          },
        }),
        /enough/,
      );
      assert.equal(done, 5);
      const kept = await readdir(cache);
      // a word by itself attends to itself: what its head would write is what it writes, and need not be tested twice
      assert.equal(kept.length, 4);
      const resumed = await sweep(model, [planted], options);
      assert.deepEqual(data(resumed), data(await sweep(model, [planted], { seed: 1, draws: 99 })));
      assert.equal((await readdir(cache)).length, 18);
    } finally {
      await rm(cache, { recursive: true });
    }
  });

  it("gives with any number of threads the same rows, kept under the same names, and sleeping threads end with the process", async () => {
    const { model, relation: planted, twin } = await plantedModel(9, 6);
    const [one, three] = [new Map<string, string>(), new Map<string, string>()];
    const options = { seed: 2, draws: 3000 };
    const alone = await sweep(model, [planted, twin], { ...options, threads: 1, cache: one });
    const threaded: number[] = [];
    const shared = await sweep(model, [planted, twin], {
      ...options,
      threads: 3,
      cache: three,
      onProgress: ({ row }) => threaded.push(row.cell),
    });
    assert.deepEqual(data(shared), data(alone));
    assert.deepEqual(
      threaded,
      threaded.map((_, cell) => cell),
      "in order",
    );
    assert.deepEqual([...three].sort(), [...one].sort());
    await assert.rejects(sweep(model, [planted], { ...options, threads: 0 }), {
      name: "DirectionError",
      message: /threads is 0; it has to be a whole number from 1/,
    });
  });

  it("stops threads in the middle of a row, and others' rows go on", async () => {
    const { model, relation: planted } = await plantedModel(10, 6);
    const stop = new AbortController();
    const endless = sweep(model, [planted], {
      ...{ seed: 1, draws: 1e12, stopAfter: 1e12, threads: 2 },
      signal: stop.signal,
    });
    const options = { seed: 1, draws: 2000 };
    const other = sweep(model, [planted], { ...options, threads: 2 });
    stop.abort(new Error("enough"));
    await assert.rejects(endless, /enough/);
    assert.deepEqual(data(await other), data(await sweep(model, [planted], { ...options, threads: 1 })));
  });

  it("takes rows from a cache only for the same vectors", async () => {
    const cache = new Map<string, string>();
    const { model, relation: planted } = await plantedModel(8, 5);
    await sweep(model, [planted], { seed: 1, draws: 99, cache });
    await sweep(model, [planted], { seed: 1, draws: 99, cache });
    assert.equal(cache.size, 18);
    await sweep((await plantedModel(9, 5)).model, [planted], { seed: 1, draws: 99, cache });
    assert.equal(cache.size, 36);
  });

  it("yields rows one by one", async () => {
    const { model, relation: planted } = await plantedModel(8, 5);
    const names: string[] = [];
    for await (const row of sweepRows(model, [planted], { seed: 1, draws: 19 })) {
      names.push(row.placeName);
      if (names.length === 2) break;
    }
    assert.deepEqual(names, ["0.0 query", "0.0 key"]);
  });

  it("shows its surest rows and says when there is nothing", async () => {
    const { model, twin } = await plantedModel("null 1");
    const found = await sweep(model, [twin], { seed: 1, draws: 999 });
    const shown = await found[DISPLAY]();
    assert.match(String(shown["text/plain"]), /Not distinguishable from chance anywhere/);
  });
});

describe("relationAt(model, relation, place, options)", () => {
  it("sets the planted effect beside its nulls, and says so", async () => {
    const { model, relation: planted, layer, head } = await plantedModel(1);
    const finding = await relationAt(
      model,
      planted,
      { part: "OV", layer, head },
      { seed: 1, draws: 199, randomMaps: 19 },
    );
    assert.ok(finding.isDistinguishable, finding.verdict);
    assert.ok(finding.measures.meanCosine > 0.8);
    assert.equal(finding.measures.heldOutAUC, 1);
    for (const name of ["shuffled words", "random map", "untrained model"] as const) {
      const { nullMean = 1, pValue = 1 } = finding.nulls[name]?.meanCosine ?? {};
      assert.ok(nullMean < 0.4, `${name}: ${nullMean}`);
      assert.ok(pValue <= (name === "untrained model" ? 0.25 : 0.05), `${name}: p ${pValue}`);
    }
    // partners may be exchanged: the direction is that of all second words, not of pairs
    assert.ok((finding.nulls["shuffled partners"]?.meanCosine?.nullMean ?? 0) > 0.8);
    assert.equal(finding.kind, "class direction");
    // but not which of the two is first
    assert.ok((finding.nulls["exchanged order"]?.meanCosine?.nullMean ?? 1) < 0.2);
    const [low, high] = finding.intervals.meanCosine;
    assert.ok(low <= finding.measures.meanCosine && finding.measures.meanCosine <= high, `${low} to ${high}`);
    const shown = await finding[DISPLAY]();
    assert.match(String(shown["text/plain"]), /class direction/);
  });

  it("calls shuffled twins distinguishable no more often than its level", async () => {
    let found = 0;
    for (let seed = 1; seed <= 20; seed++) {
      const { model, twin, layer, head } = await plantedModel(seed);
      const options = { seed, draws: 99, randomMaps: 0, untrained: 0, level: 0.1 };
      const finding = await relationAt(model, twin, { part: "OV", layer, head }, options);
      assert.ok(!("random map" in finding.nulls) && !("untrained model" in finding.nulls));
      assert.match(
        finding.verdict,
        finding.isDistinguishable ? /class direction|paired relation/ : /not distinguishable/,
      );
      if (finding.isDistinguishable) found++;
    }
    // 2 expected of 20 (binomial: 6 or more in 1% of cases)
    assert.ok(found <= 5, `${found} of 20`);
  });

  it("gives the same for the same seed", async () => {
    const { model, relation: planted } = await plantedModel(2, 4);
    const place = { part: "query", layer: 0, head: 1 } as const;
    const [a, b] = [
      await relationAt(model, planted, place, { seed: 5, draws: 49 }),
      await relationAt(model, planted, place, { seed: 5, draws: 49 }),
    ];
    assert.deepEqual(JSON.parse(JSON.stringify(a)), JSON.parse(JSON.stringify(b)));
  });
});
