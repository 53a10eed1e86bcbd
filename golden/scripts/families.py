"""Tiny random models of families that have no goldens elsewhere -> golden/families/<name>/.

Each folder gets config.json and model.safetensors as save_pretrained writes them (weights float32), and
golden.safetensors: activations in float64 under TransformerLens hook names, for a plain batch and for a left-padded
one ("padded."). transformers rounds parts of a float64 model to float32 (norms, softmax, rotary tables); here every
such request is answered in float64.

Made with torch 2.15.0 (on the CPU), transformers 4.57.1, safetensors 0.6.2, numpy 2.2.6, Python 3.11. Seed 7000 + index.
Usage: python golden/scripts/families.py [name ...]
"""

import json
import sys
from pathlib import Path

import torch
import transformers
from safetensors.torch import load_file, save_file
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_map

HERE = Path(__file__).resolve().parents[1] / "families"
VOCAB, BATCH, POS, PADS = 61, 2, 10, 3

LLAMA = dict(blocks="model.layers", out="self_attn.o_proj", down="mlp.down_proj", attn_out="self_attn.o_proj",
             mlp_out="mlp", norm="model.norm")
WRITTEN = dict(LLAMA, attn_out="post_attention_layernorm", mlp_out="post_feedforward_layernorm")
BLOOM = dict(blocks="transformer.h", out="self_attention.dense", down="mlp.dense_4h_to_h",
             attn_out="self_attention.dense", mlp_out="mlp.dense_4h_to_h", norm="transformer.ln_f")
PHI = dict(LLAMA, out="self_attn.dense", attn_out="self_attn.dense", down="mlp.fc2", norm="model.final_layernorm",
           parallel=True)


def llama(**more):
    sizes = dict(vocab_size=VOCAB, hidden_size=16, intermediate_size=20, num_hidden_layers=2, num_attention_heads=4,
                 num_key_value_heads=2, max_position_embeddings=32, bos_token_id=0, eos_token_id=0,
                 pad_token_id=None)
    return {**sizes, **more}


# name: (configuration class, model class, arguments, where things are)
FAMILIES = {
    "bloom": ("BloomConfig", "BloomForCausalLM", dict(
        vocab_size=VOCAB, hidden_size=12, n_layer=2, n_head=3, bos_token_id=0, eos_token_id=0), BLOOM),
    "olmo": ("OlmoConfig", "OlmoForCausalLM", llama(), LLAMA),
    "olmo2": ("Olmo2Config", "Olmo2ForCausalLM", llama(), WRITTEN),
    "smollm3": ("SmolLM3Config", "SmolLM3ForCausalLM", llama(
        no_rope_layer_interval=2, tie_word_embeddings=True), LLAMA),
    "phi3_longrope": ("Phi3Config", "Phi3ForCausalLM", llama(
        num_attention_heads=2, partial_rotary_factor=0.5, original_max_position_embeddings=8,
        rope_scaling=dict(type="longrope", short_factor=[1.0, 1.5], long_factor=[2.0, 5.0])), LLAMA),
    "phi_qk_norm": ("PhiConfig", "PhiForCausalLM", llama(
        num_attention_heads=2, qk_layernorm=True, partial_rotary_factor=0.25), PHI),
    "stablelm_parallel": ("StableLmConfig", "StableLmForCausalLM", llama(
        use_parallel_residual=True, partial_rotary_factor=0.5), dict(LLAMA, parallel=True)),
    "gemma3_linear": ("Gemma3TextConfig", "Gemma3ForCausalLM", llama(
        head_dim=2, sliding_window=3, query_pre_attn_scalar=5, layer_types=["sliding_attention", "full_attention"],
        rope_scaling=dict(rope_type="linear", factor=8.0), rope_theta=100.0, rope_local_base_freq=10.0,
        pad_token_id=0), WRITTEN),
}


class Exact(TorchFunctionMode):
    """Whoever asks for float32 gets float64."""

    def __torch_function__(self, func, types, args=(), kwargs=None):
        widen = lambda x: torch.float64 if x is torch.float32 else x
        args, kwargs = tree_map(widen, args), tree_map(widen, kwargs or {})
        if func is torch.Tensor.float:
            func = torch.Tensor.double
        return func(*args, **kwargs)


def randomise(model, generator):
    for name, parameter in sorted(model.named_parameters()):
        noise = torch.randn(parameter.shape, generator=generator, dtype=torch.float32)
        if parameter.ndim > 1:
            parameter.data = 0.3 * noise
        elif name.endswith("bias"):
            parameter.data = 0.2 * noise
        else:
            parameter.data = 1 + 0.2 * noise


def activations(model, where, inputs):
    """What flows through the model, by hook name."""
    kept, handles = {}, []
    blocks = model.get_submodule(where["blocks"])
    first = lambda x: x[0] if isinstance(x, (tuple, list)) else x

    def outgoing(module, name):
        handles.append(module.register_forward_hook(lambda m, a, y: kept.__setitem__(name, first(y))))

    def incoming(module, name):
        def keep(m, args, kwargs):
            kept[name] = args[0] if args else kwargs["hidden_states"]
        handles.append(module.register_forward_pre_hook(keep, with_kwargs=True))

    for layer, block in enumerate(blocks):
        at = f"blocks.{layer}."
        incoming(block, at + "hook_resid_pre")
        incoming(block.get_submodule(where["out"]), at + "attn.hook_z")
        outgoing(block.get_submodule(where["attn_out"]), at + "hook_attn_out")
        incoming(block.get_submodule(where["down"]), at + "mlp.hook_post")
        outgoing(block.get_submodule(where["mlp_out"]), at + "hook_mlp_out")
        outgoing(block, at + "hook_resid_post")
    outgoing(model.get_submodule(where["norm"]), "final_norm_out")
    with torch.no_grad():
        result = model(**inputs, output_attentions=True, use_cache=False)
    for handle in handles:
        handle.remove()
    kept["logits"] = result.logits
    heads = model.config.num_attention_heads
    for layer, pattern in enumerate(result.attentions):
        at = f"blocks.{layer}."
        kept[at + "attn.hook_pattern"] = pattern
        kept[at + "attn.hook_z"] = kept[at + "attn.hook_z"].unflatten(-1, (heads, -1))
        attended = kept[at + "hook_resid_pre"] + kept[at + "hook_attn_out"]
        if not where.get("parallel"):
            kept[at + "hook_resid_mid"] = attended
        total = attended + kept[at + "hook_mlp_out"]
        assert torch.allclose(total, kept[at + "hook_resid_post"], rtol=0, atol=1e-12), (layer, "sum")
    assert all(x.dtype == torch.float64 for x in kept.values())
    return {name: x.detach().clone().contiguous() for name, x in kept.items()}


def batches(generator):
    plain = torch.randint(1, VOCAB, (BATCH, POS), generator=generator)
    padded = torch.randint(1, VOCAB, (BATCH, POS), generator=generator)
    mask = torch.ones_like(padded)
    mask[1, :PADS] = 0
    padded[mask == 0] = 0
    positions = (mask.cumsum(-1) - 1).clamp(min=0)
    return (dict(input_ids=plain, attention_mask=torch.ones_like(plain)),
            dict(input_ids=padded, attention_mask=mask, position_ids=positions))


def make(name):
    config_class, model_class, arguments, where = FAMILIES[name]
    generator = torch.Generator().manual_seed(7000 + list(FAMILIES).index(name))
    folder = HERE / name
    folder.mkdir(parents=True, exist_ok=True)
    config = getattr(transformers, config_class)(**arguments)
    model = getattr(transformers, model_class)(config).eval()
    randomise(model, generator)
    model.tie_weights()
    model.save_pretrained(folder)
    (folder / "generation_config.json").unlink(missing_ok=True)

    torch.set_default_dtype(torch.float64)
    plain, padded = batches(generator)
    state = {key: x.double() for key, x in load_file(folder / "model.safetensors").items()}
    with Exact():
        config = getattr(transformers, config_class).from_pretrained(folder)
        config._attn_implementation = "eager"
        exact = getattr(transformers, model_class)(config).eval()
        assert not exact.load_state_dict(state, strict=False).unexpected_keys
        exact.tie_weights()
        golden = {**plain, **activations(exact, where, plain)}
        if name == "bloom":  # it works out its own positions
            padded.pop("position_ids")
        # Each row alone, so that neither the padding nor the longer row has a say.
        for row in range(BATCH):
            real = padded["attention_mask"][row].bool()
            alone = padded["input_ids"][row][real][None]
            golden[f"padded.row{row}.logits"] = activations(
                exact, where, dict(input_ids=alone, attention_mask=torch.ones_like(alone)))["logits"]
    golden |= {f"padded.{key}": padded[key] for key in ("input_ids", "attention_mask")}
    torch.set_default_dtype(torch.float32)
    versions = dict(torch=torch.__version__, transformers=transformers.__version__)
    save_file(golden, folder / "golden.safetensors", metadata=versions)
    logits = golden["logits"]
    size = sum(path.stat().st_size for path in folder.iterdir())
    print(json.dumps(dict(name=name, bytes=size, largest=round(logits.abs().max().item(), 2))))


if __name__ == "__main__":
    transformers.logging.set_verbosity_error()
    for wanted in sys.argv[1:] or FAMILIES:
        make(wanted)
