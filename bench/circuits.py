"""TransformerLens on the model that bench/circuits.ts wrote; prints a line of JSON for each task. bench/circuits.ts starts it.

    pip install torch==2.13.0 transformer_lens
"""

import json, resource, sys, time

import torch
from transformer_lens.model_bridge import TransformerBridge
from transformers import GPT2LMHeadModel

folder, length, only = sys.argv[1], int(sys.argv[2]), sys.argv[3]
torch.manual_seed(0)


def measured(task, run, cells=None):
    start, cpu = time.perf_counter(), time.process_time()
    run()
    print(json.dumps({"task": task, "seconds": time.perf_counter() - start, "cpu": time.process_time() - cpu,
                      "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, "cells": cells}), flush=True)


model = TransformerBridge(GPT2LMHeadModel.from_pretrained(folder), None) if False else TransformerBridge.boot_transformers(folder)
model.eval()
clean = torch.tensor([[(100 + 37 * i) % 5000 for i in range(length)]])
corrupted = clean.clone()
corrupted[0, length // 2] = 4999
layers, heads = model.cfg.n_layers, model.cfg.n_heads
with torch.no_grad():
    model(clean)
    if only == "cache":
        tokens = torch.tensor([[(11 + 53 * i) % 5000 for i in range(128)]])
        measured("cache", lambda: model.run_with_cache(tokens))
    if only == "composition":
        measured("composition", lambda: model.all_composition_scores("K"))
    if only == "patching":
        _, cache = model.run_with_cache(clean)

        def patch(layer, head, position):
            def hook(z, hook):
                z = z.clone()
                source = cache[hook.name]
                if z.dim() == 3:
                    width = z.shape[-1] // heads
                    z[:, position, head * width:(head + 1) * width] = source[:, position, head * width:(head + 1) * width]
                else:
                    z[:, position, head] = source[:, position, head]
                return z
            return model.run_with_hooks(corrupted, fwd_hooks=[(f"blocks.{layer}.attn.hook_z", hook)])

        # one forward pass a cell, as its own patching functions do; a part of the cells, all alike
        places = [(layer, head, length // 3) for layer in range(layers) for head in range(0, heads, 4)]
        measured("patching", lambda: [patch(*place) for place in places], cells=len(places))
