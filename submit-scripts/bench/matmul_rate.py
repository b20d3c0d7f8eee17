"""The fastest bf16 matrix product that PyTorch does on this GPU, in TFLOP/s; the floor that `gpu-check` compares with."""

import time

import torch

best = 0.0
for size in (4096, 8192, 16384):
    a, b = (torch.randn(size, size, device="cuda", dtype=torch.bfloat16) for _ in range(2))
    for _ in range(3):
        a @ b
    torch.cuda.synchronize()
    count = 10
    start = time.perf_counter()
    for _ in range(count):
        a @ b
    torch.cuda.synchronize()
    best = max(best, count * 2 * size**3 / (time.perf_counter() - start) / 1e12)
print(f"{best:.0f}")
