"""Helpers shared by the golden scripts.

Tool versions: Python 3.11, torch 2.8.0 (CPU), transformers 4.57.1, transformer_lens 3.2.1,
safetensors 0.8.0, numpy 2.4.6. Every script fixes its own seed; one thread, so sums have one order.
"""
import contextlib
import json
import os
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TRANSFORMERS_OFFLINE", "1")

import torch
from safetensors.torch import save_file
from torch.utils._python_dispatch import TorchDispatchMode

torch.set_num_threads(1)
torch.use_deterministic_algorithms(True)

GOLDEN = Path(__file__).resolve().parent.parent
# Trained models stay beside the repository.
MODELS = GOLDEN.parents[1] / "shared" / "models"


def out_dir(*parts):
    path = GOLDEN.joinpath(*parts)
    path.mkdir(parents=True, exist_ok=True)
    return path


def save_tensors(path, tensors, **metadata):
    """Contiguous copies, so that views never share storage in the file; one metadata key keeps the bytes fixed."""
    clean = {k: v.detach().clone().contiguous() for k, v in tensors.items()}
    save_file(clean, str(path), metadata={"made_with": json.dumps(metadata, default=str)} if metadata else None)
    os.chmod(path, 0o644)


def save_pretrained(model, folder):
    model.save_pretrained(folder)
    os.chmod(Path(folder) / "model.safetensors", 0o644)


def save_json(path, value):
    """Two levels are laid out, what is below stays on one line."""
    def lay(v, depth):
        if depth < 2 and isinstance(v, dict) and v:
            rows = [f"{json.dumps(k, ensure_ascii=False)}: {lay(x, depth + 1)}" for k, x in v.items()]
            ends = "{}"
        elif depth < 2 and isinstance(v, list) and v and isinstance(v[0], (dict, list)):
            rows, ends = [lay(x, depth + 1) for x in v], "[]"
        else:
            return json.dumps(v, ensure_ascii=False)
        pad = " " * (depth + 1)
        return ends[0] + "\n" + ",\n".join(pad + r for r in rows) + "\n" + " " * depth + ends[1]
    Path(path).write_text(lay(value, 0) + "\n")


class NoFloat32(TorchDispatchMode):
    """Fails when an operation yields float32: the proof that a float64 run is one."""

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        out = func(*args, **(kwargs or {}))
        for t in out if isinstance(out, (tuple, list)) else (out,):
            if isinstance(t, torch.Tensor) and t.dtype in (torch.float32, torch.float16, torch.bfloat16):
                raise TypeError(f"{func} made {t.dtype}")
        return out


@contextlib.contextmanager
def exact64():
    """Runs library code that casts to float32 (norms, softmax, rotary tables) in float64 throughout."""
    to, as_float, softmax = torch.Tensor.to, torch.Tensor.float, torch.nn.functional.softmax
    arange, tensor, default = torch.arange, torch.tensor, torch.get_default_dtype()
    wide = lambda d: torch.float64 if d is torch.float32 else d

    def new_to(self, *args, **kwargs):
        args = tuple(wide(a) for a in args)
        if "dtype" in kwargs:
            kwargs["dtype"] = wide(kwargs["dtype"])
        return to(self, *args, **kwargs)

    def new_softmax(x, dim=None, _stacklevel=3, dtype=None):
        return softmax(x, dim=dim, dtype=wide(dtype))

    def new_arange(*args, **kwargs):
        if "dtype" in kwargs:
            kwargs["dtype"] = wide(kwargs["dtype"])
        return arange(*args, **kwargs)

    def new_tensor(*args, **kwargs):
        if "dtype" in kwargs:
            kwargs["dtype"] = wide(kwargs["dtype"])
        return tensor(*args, **kwargs)

    torch.Tensor.to, torch.Tensor.float = new_to, lambda self, *a, **k: self.double()
    torch.nn.functional.softmax, torch.arange, torch.tensor = new_softmax, new_arange, new_tensor
    torch.set_default_dtype(torch.float64)
    try:
        yield
    finally:
        torch.Tensor.to, torch.Tensor.float = to, as_float
        torch.nn.functional.softmax, torch.arange, torch.tensor = softmax, arange, tensor
        torch.set_default_dtype(default)


def rel_diff(a, b):
    return ((a.double() - b.double()).abs().max() / b.double().abs().max().clamp_min(1e-300)).item()
