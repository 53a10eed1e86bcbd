"""Tiny random SAEs of every architecture in SAELens's format -> golden/sae/<name>/.

Each folder gets cfg.json and sae_weights.safetensors as SAELens lays them out (flat before its version 6, with the
metadata apart from then on), and golden.safetensors: an input [4, d_in] and what becomes of it, in float64.

The numbers come from the formulas of the papers, written out below with numpy alone; sae-lens itself was not run.
Standard: Bricken et al. 2023. Top-k: Gao et al. 2024. JumpReLU: Rajamanoharan et al. 2024b. Batch-top-k: Bussmann et
al. 2024, which keeps one threshold for inference. Gated: Rajamanoharan et al. 2024a. Transcoder: Dunefsky et al. 2024;
with skip connection: Paulo et al. 2025.

Made with numpy 2.4.6, safetensors 0.8.0, Python 3.11. Seed 4000 + index.
Usage: python golden/scripts/sae.py
"""

import json
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

HERE = Path(__file__).resolve().parents[1] / "sae"
D_SAE, POS = 10, 4
RESID, Z = "blocks.1.hook_resid_pre", "blocks.1.attn.hook_z"


def flat(**more):
    """cfg.json before version 6."""
    return {"architecture": "standard", "d_sae": D_SAE, "hook_name": RESID, "hook_layer": 1, "hook_head_index": None,
            "activation_fn_str": "relu", "activation_fn_kwargs": {}, "apply_b_dec_to_input": True,
            "finetuning_scaling_factor": False, "context_size": 6, "model_name": "tiny", "prepend_bos": True,
            "dataset_path": "none", "dataset_trust_remote_code": True, "normalize_activations": "none",
            "dtype": "float32", "device": "cpu", "sae_lens_training_version": "3.18.2", "neuronpedia_id": None,
            "model_from_pretrained_kwargs": {}, **more}


def nested(hook=RESID, hook_out=None, **more):
    """cfg.json since version 6."""
    metadata = {"sae_lens_version": "6.12.1", "sae_lens_training_version": "6.12.1", "model_name": "tiny",
                "hook_name": hook, "hook_head_index": None, "prepend_bos": True, "context_size": 6}
    if hook_out:
        metadata["hook_name_out"] = hook_out
    return {"architecture": "standard", "d_sae": D_SAE, "dtype": "float32", "device": "cpu",
            "apply_b_dec_to_input": True, "normalize_activations": "none", "reshape_activations": "none",
            **more, "metadata": metadata}


def transcoder(name, **more):
    return nested("blocks.1.hook_resid_mid", "blocks.1.mlp.hook_post", architecture=name, d_out=5,
                  apply_b_dec_to_input=False, **more)


old_point = flat(d_in=4, apply_b_dec_to_input=False)
for new, old in (("hook_name", "hook_point"), ("hook_head_index", "hook_point_head_index"),
                 ("hook_layer", "hook_point_layer")):
    old_point[old] = old_point.pop(new)
for gone in ("architecture", "activation_fn_str", "activation_fn_kwargs", "normalize_activations",
             "finetuning_scaling_factor"):
    old_point.pop(gone)

CASES = {
    "standard": nested(d_in=4),
    "standard_flat": old_point,
    "standard_tanh_relu_scaled": flat(d_in=4, activation_fn_str="tanh-relu", finetuning_scaling_factor=True),
    "standard_hook_z": nested(Z, d_in=6, reshape_activations="hook_z"),
    "standard_layer_norm": nested(d_in=4, normalize_activations="layer_norm"),
    "standard_expected_average": flat(d_in=4, normalize_activations="expected_average_only_in"),
    "topk": nested(d_in=4, architecture="topk", k=3),
    "topk_flat": flat(d_in=4, activation_fn_str="topk", activation_fn_kwargs={"k": 2}),
    "topk_rescaled": nested(d_in=4, architecture="topk", k=3, rescale_acts_by_decoder_norm=True),
    "jumprelu": nested(d_in=4, architecture="jumprelu", apply_b_dec_to_input=False, dtype="float16"),
    "jumprelu_flat": flat(d_in=4, architecture="jumprelu"),
    "batchtopk": nested(d_in=4, architecture="batchtopk", k=2.5),
    "gated": nested(d_in=4, architecture="gated", normalize_activations="constant_norm_rescale"),
    "gated_flat": flat(d_in=4, architecture="gated"),
    "transcoder": transcoder("transcoder", d_in=4),
    "skip_transcoder": transcoder("skip_transcoder", d_in=4),
    "jumprelu_transcoder": transcoder("jumprelu_transcoder", d_in=4),
    "jumprelu_skip_transcoder": transcoder("jumprelu_skip_transcoder", d_in=4),
}
SCALE = 0.5  # the factor of standard_expected_average, which is not in its files


def weights_of(name, cfg, rng):
    d_in, d_out = cfg["d_in"], cfg.get("d_out", cfg["d_in"])
    architecture = cfg.get("architecture", "standard")
    draw = lambda *shape: rng.normal(size=shape)
    w = {"W_enc": draw(d_in, D_SAE), "W_dec": draw(D_SAE, d_out), "b_dec": draw(d_out)}
    if architecture == "gated":
        w |= {"b_gate": draw(D_SAE), "b_mag": draw(D_SAE), "r_mag": draw(D_SAE) / 2}
    else:
        w["b_enc"] = draw(D_SAE)
    if "jumprelu" in architecture:
        w["threshold"] = np.abs(draw(D_SAE))
    if architecture == "batchtopk":
        w["topk_threshold"] = np.array(0.75)
    if "skip" in architecture:
        w["W_skip"] = draw(d_out, d_in)
    if name == "standard_flat":
        w["scaling_factor"] = np.ones(D_SAE)
    if cfg.get("finetuning_scaling_factor"):
        w["finetuning_scaling_factor"] = rng.uniform(0.5, 2, D_SAE)
    kind = np.dtype(cfg["dtype"])
    return {key: value if key == "topk_threshold" else value.astype(kind) for key, value in w.items()}


def run(cfg, w, x, scale):
    """What hook_sae_{acts_pre,acts_post,recons,output} hold without an error term."""
    w = {key: value.astype(np.float64) for key, value in w.items()}
    architecture = cfg.get("architecture", "standard")
    activation = cfg.get("activation_fn_str", "relu")
    norm = cfg.get("normalize_activations", "none")
    there, back = lambda v: v, lambda v: v
    if norm == "layer_norm":
        mean, std = x.mean(-1, keepdims=True), x.std(-1, ddof=1, keepdims=True)
        there, back = lambda v: (v - mean) / (std + 1e-5), lambda v: v * std + mean
    elif norm == "constant_norm_rescale":
        factor = np.sqrt(cfg["d_in"]) / np.linalg.norm(x, axis=-1, keepdims=True)
        there, back = lambda v: v * factor, lambda v: v / factor
    elif norm == "expected_average_only_in":
        there, back = lambda v: v * scale, lambda v: v
    centred = there(x) - (w["b_dec"] if cfg["apply_b_dec_to_input"] else 0)
    projected = centred @ w["W_enc"]
    if architecture == "gated":
        pre = centred @ (w["W_enc"] * np.exp(w["r_mag"])) + w["b_mag"]
    else:
        pre = projected + w["b_enc"]
    lengths = np.linalg.norm(w["W_dec"], axis=-1) if cfg.get("rescale_acts_by_decoder_norm") else 1
    acts = np.maximum(pre * lengths, 0)
    if activation == "tanh-relu":
        acts = np.tanh(acts)
    if architecture == "topk" or activation == "topk":
        k = cfg.get("k") or cfg["activation_fn_kwargs"]["k"]
        rank = np.argsort(np.argsort(-pre * lengths, axis=-1), axis=-1)
        acts = np.where(rank < k, acts, 0)
    elif architecture == "gated":
        acts = np.where(projected + w["b_gate"] > 0, acts, 0)
    elif architecture == "batchtopk":
        acts = np.where(pre > w["topk_threshold"], acts, 0)
    elif "jumprelu" in architecture:
        acts = np.where(pre > w["threshold"], acts, 0)
    recons = acts * w.get("finetuning_scaling_factor", 1) / lengths @ w["W_dec"] + w["b_dec"]
    if norm == "expected_average_only_in":
        recons = recons / scale
    output = recons if "transcoder" in architecture else back(recons)
    if "skip" in architecture:
        output = output + x @ w["W_skip"].T
    return {"acts_pre": pre, "acts_post": acts, "recons": recons, "output": output}


for index, (name, cfg) in enumerate(CASES.items()):
    rng = np.random.default_rng(4000 + index)
    folder = HERE / name
    folder.mkdir(parents=True, exist_ok=True)
    w = weights_of(name, cfg, rng)
    x = rng.normal(size=(POS, cfg["d_in"]))
    (folder / "cfg.json").write_text(json.dumps(cfg, indent=2) + "\n")
    save_file(w, folder / "sae_weights.safetensors")
    save_file({"input": x, **run(cfg, w, x, SCALE)}, folder / "golden.safetensors")
