"""One row by PyTorch (and transformers): `python bench/peers/pytorch.py ROW`, for run.ts. The protocol is rounds.mjs'."""

import itertools
import os
import statistics
import subprocess
import sys
import time

import torch
from torch import nn
from torch.nn import functional as F

BATCH = 16


def serve_rounds(work, seconds=0.4):
    """What rounds.mjs' serveRounds does."""
    start = time.perf_counter()
    while time.perf_counter() - start < seconds:
        work()
    print("ready", flush=True)
    for line in sys.stdin:
        if line.strip() != "round":
            break
        times = []
        start = time.perf_counter()
        while len(times) < 3 or time.perf_counter() - start < seconds:
            before = time.perf_counter()
            work()
            times.append(time.perf_counter() - before)
        print(statistics.median(times) * 1000, flush=True)


class Block(nn.Module):
    """A block as our library has it: attention, and with `feed_forward` norms and a feed-forward part."""

    def __init__(self, embedding, heads, feed_forward):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(embedding, 3 * embedding, bias=False)
        self.out = nn.Linear(embedding, embedding, bias=False)
        self.feed_forward = feed_forward
        if feed_forward:
            self.norm1 = nn.LayerNorm(embedding)
            self.norm2 = nn.LayerNorm(embedding)
            self.wide = nn.Linear(embedding, 4 * embedding)
            self.narrow = nn.Linear(4 * embedding, embedding)

    def forward(self, x):
        batch, positions, embedding = x.shape
        read = self.norm1(x) if self.feed_forward else x
        q, k, v = (
            part.view(batch, positions, self.heads, -1).transpose(1, 2) for part in self.qkv(read).split(embedding, dim=2)
        )
        z = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.out(z.transpose(1, 2).reshape(batch, positions, embedding))
        if self.feed_forward:
            x = x + self.narrow(F.gelu(self.wide(self.norm2(x)), approximate="tanh"))
        return x


class Decoder(nn.Module):
    def __init__(self, vocabulary, context, layers, heads, embedding, feed_forward):
        super().__init__()
        self.tokens = nn.Embedding(vocabulary, embedding)
        self.positions = nn.Embedding(context, embedding)
        self.blocks = nn.ModuleList(Block(embedding, heads, feed_forward) for _ in range(layers))
        self.norm = nn.LayerNorm(embedding) if feed_forward else nn.Identity()
        self.unembedding = nn.Linear(embedding, vocabulary, bias=False)

    def forward(self, tokens):
        x = self.tokens(tokens) + self.positions(torch.arange(tokens.shape[1]))
        for block in self.blocks:
            x = block(x)
        return self.unembedding(self.norm(x))


def training_step(vocabulary, context, layers, heads, embedding, feed_forward):
    torch.manual_seed(1)
    model = Decoder(vocabulary, context, layers, heads, embedding, feed_forward)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    text = torch.tensor([(i * 31 + (i % 7) * 5) % vocabulary for i in range(10_000)])

    def step():
        starts = torch.randint(0, len(text) - context, (BATCH, 1))
        rows = text[starts + torch.arange(context + 1)]
        logits = model(rows[:, :-1])
        loss = F.cross_entropy(logits.reshape(-1, vocabulary), rows[:, 1:].reshape(-1))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def gpt2():
    import transformers

    torch.manual_seed(1)
    return transformers.GPT2LMHeadModel(transformers.GPT2Config(attn_implementation="eager")).eval()


def forward_with_cache():
    """
    GPT-2's sizes by transformers, eager attention, every hidden state and pattern kept, and each part's output by a hook; also what each head adds to
    the residual stream, which costs as much as the heads' output.
    """
    model = gpt2()
    config = model.config
    tokens = torch.tensor([[(i * 7919) % 50257 for i in range(128)]])
    cache = {}
    for name, module in model.named_modules():
        module.register_forward_hook(lambda _, __, output, name=name: cache.__setitem__(name, output))
    for name, module in model.named_modules():
        if not name.endswith("attn.c_proj"):
            continue
        weight = module.weight.view(config.n_head, -1, config.n_embd)

        def results(_, inputs, name=name, weight=weight):
            z = inputs[0].view(-1, config.n_head, weight.shape[1])
            cache[f"{name}.results"] = torch.einsum("phv,hve->phe", z, weight)

        module.register_forward_pre_hook(results)

    def run():
        with torch.no_grad():
            return model(tokens, output_hidden_states=True, output_attentions=True, use_cache=False).logits

    return run


def generation():
    """16 tokens after 32 by `generate`, keys and values remembered; each time after other 32."""
    model = gpt2()
    options = {"max_new_tokens": 16, "min_new_tokens": 16, "do_sample": False, "pad_token_id": 0}
    turns = itertools.count(1)

    def run():
        turn = next(turns)
        tokens = torch.tensor([[(turn + i * 7919) % 50257 for i in range(32)]])
        return model.generate(tokens, attention_mask=torch.ones_like(tokens), **options)

    return run


def loading():
    """The same file as copies in memory (load_file maps it and reads later)."""
    from safetensors.torch import load_file

    path = os.environ["BENCH_SAFETENSORS"]
    return lambda: {name: tensor.clone() for name, tensor in load_file(path).items()}


def start():
    """A process that imports PyTorch and multiplies two matrices."""
    program = "import torch; (torch.ones(4, 4) @ torch.ones(4, 4)).numpy()"
    return lambda: subprocess.run([sys.executable, "-c", program], check=True)


ROWS = {
    "training-small": lambda: training_step(64, 32, 2, 4, 64, False),
    "training-larger": lambda: training_step(64, 128, 4, 4, 128, True),
    "forward-gpt2": forward_with_cache,
    "generation-gpt2": generation,
    "loading": loading,
    "start": start,
}

if __name__ == "__main__":
    serve_rounds(ROWS[sys.argv[1]]())
