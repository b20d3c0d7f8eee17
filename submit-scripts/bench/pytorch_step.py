"""One training step of LocalMIM (ViT or Swin) or MAE in PyTorch, timed: the opponent of `mim bench step`.

Same shapes and the same work as `mim bench step`: encoder on the visible tokens, taps, decoders, masked losses,
backward, AdamW. Targets are given. Fused AdamW, scaled-dot-product attention; warm-up
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
SWIN_SIZES = {  # width, depths, heads, window
    "swin-tiny": (96, (2, 2, 6, 2), (3, 6, 12, 24), 7),
    "swin-base": (128, (2, 2, 18, 2), (4, 8, 16, 32), 7),
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
    def __init__(self, width, heads, attention=None):
        super().__init__()
        self.norm1 = nn.LayerNorm(width, eps=1e-6)
        self.attn = attention or Attention(width, heads)
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


    def data(self, batch, patch):
        return visible_patches(self, batch, patch) + (
            [torch.rand(batch, cells, 3 * BINS) for cells in self.cells()],
            [(torch.rand(batch, cells) < 0.75).float() for cells in self.cells()],
        )


def visible_patches(model, batch, patch):
    """Patches, places and inverse permutation of random masks."""
    order = torch.rand(batch, model.tokens).argsort(1)
    patches = torch.randn(batch, model.keep, 3 * patch * patch)
    return patches, order[:, : model.keep], order.argsort(1)


class Mae(nn.Module):
    def __init__(self, arch, image, patch, decoder_width, decoder_heads):
        super().__init__()
        width, depth, heads = SIZES[arch]
        self.tokens = (image // patch) ** 2
        self.keep = int(self.tokens * 0.25)
        self.pixels = 3 * patch * patch
        self.embed = nn.Linear(self.pixels, width)
        self.cls = nn.Parameter(torch.zeros(1, 1, width))
        self.register_buffer("positions", torch.randn(self.tokens + 1, width))
        self.blocks = nn.ModuleList(Block(width, heads) for _ in range(depth))
        self.norm = nn.LayerNorm(width, eps=1e-6)
        self.decoder_embed = nn.Linear(width, decoder_width)
        self.mask_token = nn.Parameter(torch.zeros(1, 1, decoder_width))
        self.register_buffer("decoder_positions", torch.randn(1, self.tokens + 1, decoder_width))
        self.decoder_blocks = nn.ModuleList(Block(decoder_width, decoder_heads) for _ in range(8))
        self.decoder_norm = nn.LayerNorm(decoder_width, eps=1e-6)
        self.pred = nn.Linear(decoder_width, self.pixels)

    def forward(self, patches, keep, restore, target, mask):
        x = self.embed(patches) + self.positions[keep + 1]
        x = torch.cat([self.cls.to(x.dtype).expand(x.shape[0], -1, -1), x], dim=1)
        for block in self.blocks:
            x = block(x)
        x = self.decoder_embed(self.norm(x))
        batch, seen, width = x.shape
        hidden = self.mask_token.to(x.dtype).expand(batch, self.tokens + 1 - seen, -1)
        grid = torch.cat([x[:, 1:], hidden], dim=1)
        grid = torch.gather(grid, 1, restore.unsqueeze(-1).expand(-1, -1, width))
        x = torch.cat([x[:, :1], grid], dim=1) + self.decoder_positions
        for block in self.decoder_blocks:
            x = block(x)
        prediction = self.pred(self.decoder_norm(x)[:, 1:]).float()
        error = (prediction - target).square().mean(-1)
        return (error * mask).sum() / mask.sum()

    def data(self, batch, patch):
        return visible_patches(self, batch, patch) + (
            torch.randn(batch, self.tokens, self.pixels),
            (torch.rand(batch, self.tokens) < 0.75).float(),
        )


class WindowAttention(nn.Module):
    """Attention within windows of the visible tokens, which are dealt to groups of equal capacity."""

    def __init__(self, width, heads, window):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)
        self.table = nn.Parameter(torch.zeros((2 * window - 1) ** 2 + 1, heads))
        self.groups = None

    def forward(self, x):
        slots, back, pairs, forbidden = self.groups
        batch, tokens, width = x.shape
        count, capacity = slots.shape
        qkv = self.qkv(x)[:, slots.view(-1)]
        q, k, v = qkv.view(batch, count, capacity, 3, self.heads, width // self.heads).permute(3, 0, 1, 4, 2, 5)
        bias = self.table[pairs].permute(0, 3, 1, 2) + forbidden
        bias = bias.to(q.dtype).expand(batch, -1, -1, -1, -1).reshape(-1, self.heads, capacity, capacity)
        q, k, v = (t.reshape(-1, self.heads, capacity, width // self.heads) for t in (q, k, v))
        out = F.scaled_dot_product_attention(q, k, v, attn_mask=bias)
        out = out.view(batch, count, self.heads, capacity, -1).transpose(2, 3).reshape(batch, count * capacity, width)
        return self.proj(out[:, back])


def window_groups(coordinates, window, shift):
    """Slots, their inverse, rows of the bias table and what is forbidden, windows dealt first-fit by size."""
    cell = (coordinates + (window - shift) % window) // window
    members = {}
    for token, (row, column) in enumerate(cell.tolist()):
        members.setdefault((row, column), []).append(token)
    capacity = min(2 * window * window, len(coordinates))
    groups = []
    for tokens in sorted(members.values(), key=len, reverse=True):
        room = next((group for group in groups if sum(map(len, group)) + len(tokens) <= capacity), None)
        if room is None:
            groups.append([tokens])
        else:
            room.append(tokens)
    slots = torch.zeros(len(groups), capacity, dtype=torch.long)
    back = torch.zeros(len(coordinates), dtype=torch.long)
    pairs = torch.full((len(groups), capacity, capacity), (2 * window - 1) ** 2)
    forbidden = torch.full((len(groups), 1, capacity, capacity), -100.0)
    for g, group in enumerate(groups):
        at = 0
        for tokens in group:
            places = range(at, at + len(tokens))
            for i, a in zip(places, tokens):
                slots[g, i] = a
                back[a] = g * capacity + i
                for j, b in zip(places, tokens):
                    dr, dc = (coordinates[a] - coordinates[b]).tolist()
                    pairs[g, i, j] = (dr + window - 1) * (2 * window - 1) + dc + window - 1
                    forbidden[g, 0, i, j] = 0
            at += len(tokens)
    return slots, back, pairs, forbidden


class LocalMimSwin(nn.Module):
    def __init__(self, arch, image, patch, decoder_width, decoder_heads):
        super().__init__()
        width, depths, heads, window = SWIN_SIZES[arch]
        across = image // 32
        self.units = sorted(torch.randperm(across * across)[: across * across - int(0.75 * across * across) - 1].tolist())
        self.embed = nn.Sequential(nn.Linear(3 * patch * patch, width), nn.LayerNorm(width, eps=1e-6))
        self.stages = nn.ModuleList()
        self.merges = nn.ModuleList()
        self.norms = nn.ModuleList()
        self.decoders = nn.ModuleList()
        for stage, (depth, count) in enumerate(zip(depths, heads)):
            side = 8 >> stage
            grid = across * side
            size = min(window, grid)
            places = [(u // across * side + i // side, u % across * side + i % side) for u in self.units for i in range(side**2)]
            places = torch.tensor(places)
            plain = window_groups(places, size, 0)
            shifted = window_groups(places, size, size // 2) if grid > window else plain
            blocks = nn.ModuleList()
            for i in range(depth):
                attention = WindowAttention(width << stage, count, size)
                attention.groups = shifted if i % 2 else plain
                blocks.append(Block(width << stage, count, attention))
            self.stages.append(blocks)
            last = stage == len(depths) - 1
            out = width << (stage if last else stage + 1)
            merge = nn.Sequential(nn.LayerNorm(4 * width << stage, eps=1e-6), nn.Linear(4 * width << stage, out, bias=False))
            self.merges.append(nn.Identity() if last else merge)
            self.norms.append(nn.LayerNorm(out, eps=1e-6))
            self.decoders.append(
                SwinDecoder(out, decoder_width // 2 if stage == 0 else decoder_width, decoder_heads, self.units, across, side if last else side // 2)
            )

    def forward(self, patches, targets, masks):
        x = self.embed(patches)
        loss = 0
        for stage, blocks in enumerate(self.stages):
            for block in blocks:
                x = block(x)
            side = 8 >> stage
            if stage < len(self.stages) - 1:
                batch, tokens, width = x.shape
                x = x.view(batch, len(self.units), side // 2, 2, side // 2, 2, width).permute(0, 1, 2, 4, 5, 3, 6)
                x = self.merges[stage](x.reshape(batch, tokens // 4, 4 * width))
            prediction = self.decoders[stage](self.norms[stage](x)).float()
            error = (prediction - targets[stage]).square().mean(-1)
            loss = loss + (error * masks[stage]).sum() / masks[stage].sum()
        return loss

    def data(self, batch, patch):
        cells = [decoder.restore.numel() for decoder in self.decoders]
        return (
            torch.randn(batch, 64 * len(self.units), 3 * patch * patch),
            [torch.rand(batch, count, 3 * BINS) for count in cells],
            [(torch.rand(batch, count) < 0.75).float() for count in cells],
        )


class SwinDecoder(nn.Module):
    def __init__(self, width, decoder_width, heads, units, across, side):
        super().__init__()
        order = units + [u for u in range(across * across) if u not in units]
        grid = across * side
        ranks = [order.index(r // side * across + c // side) * side**2 + r % side * side + c % side for r in range(grid) for c in range(grid)]
        self.register_buffer("restore", torch.tensor(ranks))
        self.embed = nn.Linear(width, decoder_width)
        self.mask_token = nn.Parameter(torch.zeros(1, 1, decoder_width))
        self.register_buffer("positions", torch.randn(1, grid * grid, decoder_width))
        self.block = Block(decoder_width, heads)
        self.norm = nn.LayerNorm(decoder_width, eps=1e-6)
        self.pred = nn.Linear(decoder_width, 3 * BINS)

    def forward(self, x):
        x = self.embed(x)
        hidden = self.mask_token.to(x.dtype).expand(x.shape[0], self.restore.numel() - x.shape[1], -1)
        x = torch.cat([x, hidden], dim=1)[:, self.restore] + self.positions
        return self.pred(self.norm(self.block(x)))


def on(device, data):
    return [on(device, each) if isinstance(each, list) else each.to(device) for each in data]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--method", choices=["localmim", "mae"], default="localmim")
    parser.add_argument("--arch", choices=[*SIZES, *SWIN_SIZES], required=True)
    parser.add_argument("--image-size", type=int, required=True)
    parser.add_argument("--patch-size", type=int, required=True)
    parser.add_argument("--decoder-dim", type=int, required=True)
    parser.add_argument("--decoder-heads", type=int, required=True)
    parser.add_argument("--batch", type=int, required=True)
    parser.add_argument("--precision", choices=["f32", "bf16"], required=True)
    parser.add_argument("--compile", action="store_true")
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--warm-up", type=int, default=3)
    parser.add_argument("--threads", type=int, help="of the processor; default: PyTorch's")
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    args = parser.parse_args()
    if args.threads:
        torch.set_num_threads(args.threads)
    torch.manual_seed(0)

    kind = LocalMimSwin if args.arch in SWIN_SIZES else Mae if args.method == "mae" else LocalMim
    model = kind(args.arch, args.image_size, args.patch_size, args.decoder_dim, args.decoder_heads).to(args.device)
    for module in model.modules():
        if isinstance(module, WindowAttention):
            module.groups = on(args.device, module.groups)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, betas=(0.9, 0.95), weight_decay=0.05, fused=True)
    data = on(args.device, model.data(args.batch, args.patch_size))
    run = torch.compile(model) if args.compile else model
    autocast = torch.autocast(args.device, torch.bfloat16) if args.precision == "bf16" else contextlib.nullcontext()

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
                **({"peak_device_bytes": torch.cuda.max_memory_allocated()} if args.device == "cuda" else {}),
                "torch": torch.__version__,
                "threads": torch.get_num_threads(),
            }
        )
    )


if __name__ == "__main__":
    main()
