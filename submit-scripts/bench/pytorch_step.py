"""One LocalMIM training step in PyTorch, timed: the opponent of `mim bench step`.

Same shapes and the same work as `mim bench step`: encoder on the visible tokens, four tap norms, four decoders with
rescaling heads, masked losses, backward, AdamW. Targets are given. Fused AdamW, scaled-dot-product attention; warm-up
(which covers compilation) is not counted. Prints one line of JSON.
"""

import argparse
import contextlib
import json
import resource
import statistics
import time

import torch
import torch.nn.functional as F
from torch import nn

SIZES = {  # width, depth, heads
    "vit-tiny": (192, 12, 3),
    "vit-small": (384, 12, 6),
    "vit-base": (768, 12, 12),
    "vit-large": (1024, 24, 16),
}
BINS = 9


class Attention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)

    def forward(self, x):
        batch, tokens, width = x.shape
        q, k, v = self.qkv(x).view(batch, tokens, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        return self.proj(F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(batch, tokens, width))


class Block(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.norm1 = nn.LayerNorm(width, eps=1e-6)
        self.attn = Attention(width, heads)
        self.norm2 = nn.LayerNorm(width, eps=1e-6)
        self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))

    def forward(self, x):
        x = x + self.attn(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class ChannelNorm(nn.LayerNorm):
    """Layer norm over the channels of [B, C, H, W]."""

    def forward(self, x):
        return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


def head(scale, width):
    """From the grid of patches [B, C, g, g] to cells [B, 3 * BINS, g * scale, g * scale]."""
    if scale == 4:
        return nn.Sequential(
            nn.ConvTranspose2d(width, width // 2, 2, 2),
            ChannelNorm(width // 2, eps=1e-6),
            nn.GELU(),
            nn.ConvTranspose2d(width // 2, width // 4, 2, 2),
            nn.Conv2d(width // 4, 3 * BINS, 1),
        )
    if scale == 2:
        return nn.Sequential(nn.ConvTranspose2d(width, width // 2, 2, 2), nn.Conv2d(width // 2, 3 * BINS, 1))
    if scale == 1:
        return nn.Conv2d(width, 3 * BINS, 1)
    return nn.Sequential(nn.AvgPool2d(2), nn.Conv2d(width, 3 * BINS, 1))


class Decoder(nn.Module):
    def __init__(self, width, decoder_width, heads, tokens, scale):
        super().__init__()
        self.grid = int(tokens**0.5)
        self.embed = nn.Linear(width, decoder_width)
        self.mask_token = nn.Parameter(torch.zeros(1, 1, decoder_width))
        self.register_buffer("positions", torch.randn(1, tokens + 1, decoder_width))
        self.block = Block(decoder_width, heads)
        self.norm = nn.LayerNorm(decoder_width, eps=1e-6)
        self.head = head(scale, decoder_width)

    def forward(self, x, restore):
        x = self.embed(x)
        batch, seen, width = x.shape
        hidden = self.mask_token.to(x.dtype).expand(batch, restore.shape[1] + 1 - seen, -1)
        grid = torch.cat([x[:, 1:], hidden], dim=1)
        grid = torch.gather(grid, 1, restore.unsqueeze(-1).expand(-1, -1, width))
        x = torch.cat([x[:, :1], grid], dim=1) + self.positions
        x = self.norm(self.block(x))[:, 1:]
        x = self.head(x.transpose(1, 2).reshape(batch, width, self.grid, self.grid))
        return x.flatten(2).transpose(1, 2)


class LocalMim(nn.Module):
    def __init__(self, arch, image, patch, decoder_width, decoder_heads):
        super().__init__()
        width, depth, heads = SIZES[arch]
        self.tokens = (image // patch) ** 2
        self.keep = int(self.tokens * 0.25)
        self.scales = [4, 2, 1, 0.5]
        self.taps = [1, 3, depth - 3, depth - 1]
        self.embed = nn.Linear(3 * patch * patch, width)
        self.cls = nn.Parameter(torch.zeros(1, 1, width))
        self.register_buffer("positions", torch.randn(self.tokens + 1, width))
        self.blocks = nn.ModuleList(Block(width, heads) for _ in range(depth))
        self.norms = nn.ModuleList(nn.LayerNorm(width, eps=1e-6) for _ in self.taps)
        self.decoders = nn.ModuleList(
            Decoder(width, decoder_width, decoder_heads, self.tokens, scale) for scale in self.scales
        )

    def cells(self):
        return [int(self.tokens * scale * scale) for scale in self.scales]

    def forward(self, patches, keep, restore, targets, masks):
        x = self.embed(patches) + self.positions[keep + 1]
        x = torch.cat([self.cls.to(x.dtype).expand(x.shape[0], -1, -1), x], dim=1)
        loss = 0
        for i, block in enumerate(self.blocks):
            x = block(x)
            if i in self.taps:
                tap = self.taps.index(i)
                prediction = self.decoders[tap](self.norms[tap](x), restore).float()
                error = (prediction - targets[tap]).square().mean(-1)
                loss = loss + (error * masks[tap]).sum() / masks[tap].sum()
        return loss


def minibatch(model, batch, patch):
    noise = torch.rand(batch, model.tokens)
    order = noise.argsort(1)
    restore = order.argsort(1)
    keep = order[:, : model.keep]
    patches = torch.randn(batch, model.keep, 3 * patch * patch)
    targets = [torch.rand(batch, cells, 3 * BINS) for cells in model.cells()]
    masks = [(torch.rand(batch, cells) < 0.75).float() for cells in model.cells()]
    return patches, keep, restore, targets, masks


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--arch", choices=SIZES, required=True)
    parser.add_argument("--image-size", type=int, required=True)
    parser.add_argument("--patch-size", type=int, required=True)
    parser.add_argument("--decoder-dim", type=int, required=True)
    parser.add_argument("--decoder-heads", type=int, required=True)
    parser.add_argument("--batch", type=int, required=True)
    parser.add_argument("--precision", choices=["f32", "bf16"], required=True)
    parser.add_argument("--compile", action="store_true")
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--warm-up", type=int, default=3)
    parser.add_argument("--threads", type=int, required=True)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(0)

    model = LocalMim(args.arch, args.image_size, args.patch_size, args.decoder_dim, args.decoder_heads)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, betas=(0.9, 0.95), weight_decay=0.05, fused=True)
    data = minibatch(model, args.batch, args.patch_size)
    run = torch.compile(model) if args.compile else model
    autocast = torch.autocast("cpu", torch.bfloat16) if args.precision == "bf16" else contextlib.nullcontext()

    seconds = []
    for step in range(args.warm_up + args.steps):
        start = time.perf_counter()
        with autocast:
            loss = run(*data)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        loss.item()
        if step >= args.warm_up:
            seconds.append(time.perf_counter() - start)
    print(
        json.dumps(
            {
                "images_per_second": {
                    "median": args.batch / statistics.median(seconds),
                    "min": args.batch / max(seconds),
                    "max": args.batch / min(seconds),
                },
                "peak_resident_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
                "torch": torch.__version__,
                "threads": torch.get_num_threads(),
            }
        )
    )


if __name__ == "__main__":
    main()
