"""Converts models/stories260K (llama2.c legacy format) to a Hugging Face folder and makes its goldens.

Makes ../shared/models/stories260K/hf/{config.json,model.safetensors,generation_config.json,tokenizer.json,
tokenizer_config.json,special_tokens_map.json} and stories260K/* here.
Tools: torch 2.8.0 CPU, transformers 4.57.1, tokenizers 0.22.2. Nothing random except the sampled
text whose loss is reported (seed 0) and the random test strings (seed 1).
"""
import json
import random
import struct

import numpy as np
import torch
import torch.nn.functional as F
import transformers
from safetensors.torch import load_file
from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, processors
from transformers import AutoTokenizer, LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from common import MODELS, NoFloat32, exact64, out_dir, rel_diff, save_json, save_pretrained, save_tensors
from hf_families import LLAMA, capture, check

SOURCE = MODELS / "stories260K"
HF = SOURCE / "hf"
PROMPTS = ["Once upon a time, there was a little girl named Lily.",
           "Tom had a big red ball. He wanted to",
           "The cat and the dog were sad because"]


# ---- weights ---------------------------------------------------------------------------------------
def read_weights():
    raw = (SOURCE / "stories260K.bin").read_bytes()
    dim, hidden, layers, heads, kv, vocab, seq = struct.unpack_from("<7i", raw)
    assert vocab > 0, "positive vocab: tied unembedding"
    data, at = np.frombuffer(raw, "<f4", offset=28), 0

    def take(*shape):
        nonlocal at
        n = int(np.prod(shape))
        at += n
        return torch.from_numpy(data[at - n:at].reshape(shape).copy())

    head = dim // heads
    w = dict(emb=take(vocab, dim), rms_att=take(layers, dim), wq=take(layers, dim, dim),
             wk=take(layers, kv * head, dim), wv=take(layers, kv * head, dim), wo=take(layers, dim, dim),
             rms_ffn=take(layers, dim), w1=take(layers, hidden, dim), w2=take(layers, dim, hidden),
             w3=take(layers, hidden, dim), rms_final=take(dim), cos=take(seq, head // 2), sin=take(seq, head // 2))
    assert at == data.size
    theta = 10000.0 ** (-torch.arange(0, head, 2).double() / head)
    angle = torch.arange(seq).double()[:, None] * theta
    assert (angle.cos() - w["cos"]).abs().max() < 1e-4 and (angle.sin() - w["sin"]).abs().max() < 1e-4
    return w, dict(dim=dim, hidden=hidden, layers=layers, heads=heads, kv=kv, vocab=vocab, seq=seq)


def half_split(w, heads):
    """Rows (2i, 2i+1) of each head become rows (i, i + d_head/2)."""
    out, inp = w.shape
    return w.view(heads, out // heads // 2, 2, inp).transpose(1, 2).reshape(out, inp).clone()


def build_model():
    w, h = read_weights()
    cfg = LlamaConfig(vocab_size=h["vocab"], hidden_size=h["dim"], intermediate_size=h["hidden"],
                      num_hidden_layers=h["layers"], num_attention_heads=h["heads"],
                      num_key_value_heads=h["kv"], max_position_embeddings=h["seq"], rms_norm_eps=1e-5,
                      rope_theta=10000.0, tie_word_embeddings=True, bos_token_id=1, eos_token_id=2)
    model = LlamaForCausalLM(cfg).eval()
    state = {"model.embed_tokens.weight": w["emb"], "lm_head.weight": w["emb"], "model.norm.weight": w["rms_final"]}
    for l in range(h["layers"]):
        p = f"model.layers.{l}."
        state |= {p + "input_layernorm.weight": w["rms_att"][l], p + "post_attention_layernorm.weight": w["rms_ffn"][l],
                  p + "self_attn.q_proj.weight": half_split(w["wq"][l], h["heads"]),
                  p + "self_attn.k_proj.weight": half_split(w["wk"][l], h["kv"]),
                  p + "self_attn.v_proj.weight": w["wv"][l], p + "self_attn.o_proj.weight": w["wo"][l],
                  p + "mlp.gate_proj.weight": w["w1"][l], p + "mlp.down_proj.weight": w["w2"][l],
                  p + "mlp.up_proj.weight": w["w3"][l]}
    model.load_state_dict(state)
    model.tie_weights()
    save_pretrained(model, HF)
    return w, h


def llama2c_forward(w, h, ids):
    """The llama2.c arithmetic (interleaved rotary pairs) in float64: an independent check."""
    w = {k: v.double() for k, v in w.items()}
    d, H, K = h["dim"] // h["heads"], h["heads"], h["kv"]
    norm = lambda x, g: x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-5) * g
    theta = 10000.0 ** (-torch.arange(0, d, 2).double() / d)
    angle = torch.arange(len(ids)).double()[:, None] * theta
    rot = torch.polar(torch.ones_like(angle), angle)[:, None]
    turn = lambda x: torch.view_as_real(torch.view_as_complex(x.reshape(*x.shape[:-1], d // 2, 2)) * rot).flatten(-2)
    x = w["emb"][ids]
    mask = torch.full((len(ids), len(ids)), float("-inf"), dtype=torch.float64).triu(1)
    for l in range(h["layers"]):
        y = norm(x, w["rms_att"][l])
        q, k, v = (y @ w[n][l].T for n in ("wq", "wk", "wv"))
        q, k, v = turn(q.view(-1, H, d)), turn(k.view(-1, K, d)), v.view(-1, K, d)
        k, v = (t.repeat_interleave(H // K, dim=1) for t in (k, v))
        p = torch.softmax(torch.einsum("qhd,khd->hqk", q, k) / d ** 0.5 + mask, -1)
        x = x + torch.einsum("hqk,khd->qhd", p, v).flatten(1) @ w["wo"][l].T
        y = norm(x, w["rms_ffn"][l])
        x = x + (F.silu(y @ w["w1"][l].T) * (y @ w["w3"][l].T)) @ w["w2"][l].T
    return norm(x, w["rms_final"]) @ w["emb"].T


# ---- tokenizer -------------------------------------------------------------------------------------
def read_pieces():
    raw, at, pieces = (SOURCE / "tok512.bin").read_bytes(), 4, []
    while at < len(raw):
        score, n = struct.unpack_from("<fi", raw, at)
        pieces.append((raw[at + 8:at + 8 + n], score))
        at += 8 + n
    return pieces


def llama2c_encode(text, pieces):
    """run.c's encode(): dummy space, code points or bytes, then the best-scored neighbour merge."""
    lookup = {p: i for i, (p, _) in enumerate(pieces)}
    ids = [lookup[b" "]] if text else []
    for ch in text:
        b = ch.encode()
        ids += [lookup[b]] if b in lookup else [x + 3 for x in b]
    while True:
        best = (-1e10, -1, -1)
        for i in range(len(ids) - 1):
            j = lookup.get(pieces[ids[i]][0] + pieces[ids[i + 1]][0])
            if j is not None and pieces[j][1] > best[0]:
                best = (pieces[j][1], j, i)
        if best[1] < 0:
            return ids
        ids[best[2]:best[2] + 2] = [best[1]]


def build_tokenizer(pieces):
    names = ["<unk>", "<s>", "</s>"] + [p.decode().replace(" ", "▁") for p, _ in pieces[3:]]
    vocab = {n: i for i, n in enumerate(names)}
    assert len(vocab) == len(pieces)
    merges = []
    for i in range(259, len(names)):  # every way to make a piece from two, best score first
        n = names[i]
        pairs = [(n[:k], n[k:]) for k in range(1, len(n)) if n[:k] in vocab and n[k:] in vocab]
        merges += sorted(pairs, key=lambda p: (vocab[p[0]], vocab[p[1]]))
    tok = Tokenizer(models.BPE(vocab=vocab, merges=merges, unk_token="<unk>", byte_fallback=True, fuse_unk=True))
    tok.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    tok.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(),
                                     decoders.Strip(" ", 1, 0)])
    tok.add_special_tokens([AddedToken(t, normalized=False, special=True) for t in ("<unk>", "<s>", "</s>")])
    tok.post_processor = processors.TemplateProcessing(
        single="<s> $A", pair="<s> $A <s>:1 $B:1", special_tokens=[("<s>", 1)])
    fast = PreTrainedTokenizerFast(tokenizer_object=tok, bos_token="<s>", eos_token="</s>", unk_token="<unk>",
                                   model_max_length=512, clean_up_tokenization_spaces=False,
                                   padding_side="left")
    fast.save_pretrained(HF)


def test_sentences(story):
    rng = random.Random(1)
    out = [s.strip() + "." for s in story.replace("\n", " ").split(".") if s.strip()] + story.split("\n")
    out += PROMPTS + ["", " ", "  ", "   a", "a   b", "\n", "a\nb", "\t tab", "naïve café", "“Hello,” she said…",
                      "日本語", "🙂 smile 🙃", "e\u0301", "\u00a0nbsp", "x\u200by", "100% of $5 + 7*8 = ?", "aaaaaaaaaaaa",
                      "the the the", "THE END!!!", "<0x41>", "|~[]", "it's", "don't", "she'll", "1234567890", "Ünïcödé ñ â €™"]
    chars = "abcdefghijklmnopqrstuvwxyz      ETAOINetaoin.,!?'\"\n-éñ€Z9%#@"
    while len(out) < 260:
        out.append("".join(rng.choice(chars) for _ in range(rng.randint(1, 60))))
    words = story.split()
    while len(out) < 320:
        out.append(" ".join(rng.choice(words) for _ in range(rng.randint(1, 15))))
    return list(dict.fromkeys(out))


# ---- goldens ---------------------------------------------------------------------------------------
def extra_hooks(model, acts, b, t):
    """TransformerLens names that hf_families.capture leaves out."""
    handles, cfg = [], model.config
    heads = lambda x: x.reshape(b, t, -1, cfg.head_dim)

    def out(module, key, f=lambda x: x):
        handles.append(module.register_forward_hook(
            lambda m, a, o: acts.__setitem__(key, f(o).detach().clone())))

    def norm(module, key):
        def hook(m, a, o):
            scale = (a[0].pow(2).mean(-1, keepdim=True) + m.variance_epsilon).sqrt()
            acts[key + ".hook_scale"], acts[key + ".hook_normalized"] = scale, a[0] / scale
        handles.append(module.register_forward_hook(hook))

    out(model.model.embed_tokens, "hook_embed")
    for l, block in enumerate(model.model.layers):
        p = f"blocks.{l}."
        for n in "qkv":
            if n != "v":
                out(getattr(block.self_attn, n + "_proj"), f"{p}attn.hook_{n}", heads)
        out(block.mlp.gate_proj, p + "mlp.hook_pre")
        out(block.mlp.up_proj, p + "mlp.hook_pre_linear")
        norm(block.input_layernorm, p + "ln1")
        norm(block.post_attention_layernorm, p + "ln2")
    return handles


def lens_grid(acts, model, targets):
    """Final norm and unembedding on every state of the stream; natural logarithms."""
    n = len(model.model.layers)
    states = [acts[f"blocks.{l}.hook_resid_pre"][0] for l in range(n)] + [acts[f"blocks.{n - 1}.hook_resid_post"][0]]
    logits = torch.stack([model.lm_head(model.model.norm(s)) for s in states])
    assert rel_diff(logits[-1], acts["logits"][0]) < 1e-12
    logp = logits.log_softmax(-1)
    p = logp.exp()
    top = p.topk(5, -1)
    true = targets[None, :, None].expand(len(states), -1, 1)
    return {"top5_ids": top.indices, "top5_probs": top.values, "entropy": -(p * logp).sum(-1),
            "kl_final_layer": (p[-1] * (logp[-1] - logp)).sum(-1), "kl_layer_final": (p * (logp - logp[-1])).sum(-1),
            "next_token_rank": (logits > logits.gather(-1, true)).sum(-1),
            "next_token_logprob": logp.gather(-1, true)[..., 0], "logits": logits}


def greedy(model, ids, n):
    ids, margins = list(ids), []
    for _ in range(n):
        with torch.no_grad():
            top = model(torch.tensor([ids], dtype=torch.long), use_cache=False).logits[0, -1].topk(2)
        ids.append(top.indices[0].item())
        margins.append((top.values[0] - top.values[1]).item())
    return ids, min(margins)


def loss(model, ids):
    ids = torch.tensor([ids])
    with torch.no_grad():
        return F.cross_entropy(model(ids).logits[0, :-1], ids[0, 1:]).item()


def main():
    transformers.logging.set_verbosity_error()
    folder = out_dir("stories260K")
    w, h = build_model()
    pieces = read_pieces()
    build_tokenizer(pieces)
    tok = AutoTokenizer.from_pretrained(HF)
    model = LlamaForCausalLM.from_pretrained(HF, attn_implementation="eager").eval()

    doc = (SOURCE / "stories260K.doc.md").read_text()
    doc_greedy = doc.split("-t 0.0\n")[1].split("\n```")[0]
    doc_sample = doc.split("-s 133742\n")[1].split("\n```")[0]
    ids, _ = greedy(model, [1], 256)
    text = tok.decode(ids, skip_special_tokens=True)
    assert doc_greedy.startswith(text[:len(doc_greedy)]) and len(text) >= len(doc_greedy) - 1, text
    print(text)

    cases = test_sentences(doc_greedy + "\n" + doc_sample)
    rows = []
    for s in cases:
        mine = llama2c_encode(s, pieces)
        theirs = tok(s, add_special_tokens=False).input_ids
        assert mine == theirs, (s, mine, theirs)
        back = tok.decode(theirs, skip_special_tokens=False)
        rows.append(dict(text=s, ids=mine, decoded=back))
    lossless = sum(r["decoded"] == r["text"] for r in rows)
    print("tokenizer cases equal:", len(rows), "round trips:", lossless)
    save_json(folder / "tokenizer_cases.json", rows)

    torch.manual_seed(0)
    sample = [1]
    for _ in range(256):
        with torch.no_grad():
            p = model(torch.tensor([sample])).logits[0, -1].softmax(-1)
        sample.append(torch.multinomial(p, 1).item())
        if sample[-1] == 1:
            break
    losses = {"greedy_256": loss(model, ids), "sampled_t1_seed0": loss(model, sample),
              "doc_sample_top_p_0.9": loss(model, [1] + tok(doc_sample, add_special_tokens=False).input_ids),
              "doc_greedy": loss(model, [1] + tok(doc_greedy, add_special_tokens=False).input_ids)}
    print(losses)

    spec = dict(LLAMA, norm_kind="rms", rotary=True, parallel=False)
    state = load_file(HF / "model.safetensors")
    with exact64(), NoFloat32():
        cfg64 = LlamaConfig.from_pretrained(HF)
        cfg64._attn_implementation = "eager"
        model64 = LlamaForCausalLM(cfg64).eval()
        model64.load_state_dict({k: v.double() for k, v in state.items()}, strict=False)
        model64.tie_weights()

    info, g64, g32 = [], {}, {}
    for i, prompt in enumerate(PROMPTS):
        ids = tok(prompt).input_ids
        assert ids == [1] + llama2c_encode(prompt, pieces)
        inputs = dict(input_ids=torch.tensor([ids]))
        out, margin = greedy(model, ids, 50)
        acts32 = capture(model, spec, model.config, inputs)
        with exact64(), NoFloat32(), torch.no_grad():
            out64, margin64 = greedy(model64, ids, 50)
            acts = {}
            handles = extra_hooks(model64, acts, 1, len(ids))
            acts |= capture(model64, spec, model64.config, inputs)
            for x in handles:
                x.remove()
            check(acts, spec, model64.config, model64, 1e-12)
            lens = lens_grid(acts, model64, torch.tensor(ids[1:] + [out64[len(ids)]], dtype=torch.long))
            own = llama2c_forward(w, h, ids)
            assert rel_diff(own, acts["logits"][0]) < 1e-12, rel_diff(own, acts["logits"][0])
        assert out == out64
        p = f"prompt{i}."
        g64[p + "input_ids"] = g32[p + "input_ids"] = inputs["input_ids"]
        g64 |= {p + k: v for k, v in acts.items()} | {p + "lens." + k: v for k, v in lens.items()}
        keep = ("logits", "hook_resid_pre", "hook_resid_post", "hook_pattern", "final_norm_out")
        g32 |= {p + k: v for k, v in acts32.items() if k.endswith(keep)}
        worst = max(rel_diff(acts32[k], acts[k]) for k in acts32)
        cont = out[len(ids):]
        info.append(dict(prompt=prompt, ids=ids, tokens=tok.convert_ids_to_tokens(ids), greedy_ids=cont,
                         greedy_text=tok.decode(out, skip_special_tokens=True), smallest_top2_margin=margin64,
                         max_rel_diff_f32=worst))
        print(info[-1]["greedy_text"], margin64, worst, len(ids))
    meta = dict(transformers=transformers.__version__, torch=torch.__version__)
    save_tensors(folder / "golden.f64.safetensors", g64, **meta)
    save_tensors(folder / "golden.f32.safetensors", g32, **meta)
    save_json(folder / "prompts.json", dict(prompts=info, loss_nats_per_token=losses, greedy_256_text=text,
                                            greedy_256_ids=greedy(model, [1], 256)[0]))


if __name__ == "__main__":
    main()
