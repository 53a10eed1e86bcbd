"""What seventeen chains of a tokenizer.json make of every character of the Basic Multilingual Plane.

Writes tokenizers/chains.json: each chain's normalizer and pre-tokenizer as a tokenizer.json has them, and for each block of
256 characters a hash of what `texts_of` gives for its characters (CRC-32 of JSON). tokenizers 0.22.2, sentencepiece 0.2.3
(only its map of characters, nmt_nfkc).
"""

import base64
import io
import json
import tempfile
import zlib
from pathlib import Path

import sentencepiece
from sentencepiece import sentencepiece_model_pb2
from tokenizers import Tokenizer
from tokenizers.models import WordLevel

OUT = Path(__file__).resolve().parent.parent / "tokenizers"


def nmt_nfkc() -> str:
    """SentencePiece's map of characters of that name, in base64."""
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(["a b", "b a"] * 20),
        model_writer=model,
        vocab_size=6,
        model_type="char",
        hard_vocab_limit=False,
        normalization_rule_name="nmt_nfkc",
        minloglevel=2,
    )
    proto = sentencepiece_model_pb2.ModelProto.FromString(model.getvalue())
    return base64.b64encode(proto.normalizer_spec.precompiled_charsmap).decode()


def sequence(kind, *parts):
    key = "normalizers" if kind == "normalizer" else "pretokenizers"
    return {"type": "Sequence", key: list(parts)}


def normalizers(*parts):
    return sequence("normalizer", *parts)


def pre_tokenizers(*parts):
    return sequence("pre_tokenizer", *parts)


def split(regex, behavior="Isolated", invert=False):
    return {"type": "Split", "pattern": {"Regex": regex}, "behavior": behavior, "invert": invert}


def bert(**given):
    return {
        "type": "BertNormalizer",
        "clean_text": True,
        "handle_chinese_chars": True,
        "strip_accents": None,
        "lowercase": True,
        **given,
    }


def byte_level(**given):
    return {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True, **given}


def metaspace(scheme, split=True):
    return {"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": scheme, "split": split}


def replace(pattern, content):
    return {"type": "Replace", "pattern": pattern, "content": content}


CL100K = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
O200K = "|".join(
    [
        r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?",
        r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?",
        r"\p{N}{1,3}",
        r" ?[^\s\p{L}\p{N}]+[\r\n/]*",
        r"\s*[\r\n]+",
        r"\s+(?!\S)",
        r"\s+",
    ]
)
CLIP = r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"

# Which models read text so; MAP stands for the map of characters, which is in the file once.
CHAINS = {
    "bert-uncased": (bert(), {"type": "BertPreTokenizer"}),
    "bert-cased": (bert(lowercase=False), {"type": "BertPreTokenizer"}),
    "gpt2": (None, byte_level()),
    "gpt-neox": ({"type": "NFC"}, byte_level(add_prefix_space=True)),
    "llama3": (None, pre_tokenizers(split(CL100K), byte_level(use_regex=False))),
    "gpt-4o": (None, pre_tokenizers(split(O200K), byte_level(use_regex=False))),
    "llama2": (normalizers({"type": "Prepend", "prepend": "\u2581"}, replace({"String": " "}, "\u2581")), None),
    "mistral": (None, metaspace("first")),
    "xlm-roberta": (
        {"type": "Precompiled", "precompiled_charsmap": "MAP"},
        pre_tokenizers({"type": "WhitespaceSplit"}, metaspace("always")),
    ),
    "albert": (
        normalizers(
            replace({"String": "``"}, '"'),
            {"type": "NFKD"},
            {"type": "StripAccents"},
            {"type": "Lowercase"},
            {"type": "Precompiled", "precompiled_charsmap": "MAP"},
        ),
        metaspace("never"),
    ),
    "clip": (
        normalizers({"type": "NFC"}, replace({"Regex": r"\s+"}, " "), {"type": "Lowercase"}),
        pre_tokenizers(split(CLIP, "Removed", True), byte_level()),
    ),
    "falcon": (
        None,
        pre_tokenizers(
            {"type": "Punctuation", "behavior": "Contiguous"},
            byte_level(),
            {"type": "Digits", "individual_digits": False},
            split(r"[0-9][0-9][0-9]"),
        ),
    ),
    "whitespace": (
        normalizers({"type": "NFKC"}, {"type": "Lowercase"}),
        pre_tokenizers({"type": "Whitespace"}, {"type": "Digits", "individual_digits": True}),
    ),
    "nmt": (
        normalizers({"type": "Nmt"}, {"type": "Strip", "strip_left": True, "strip_right": True}),
        pre_tokenizers(metaspace("first", False), {"type": "Punctuation", "behavior": "MergedWithNext"}),
    ),
    "with-previous": ({"type": "NFD"}, split(r"[\p{P}\p{S}]", "MergedWithPrevious")),
    "with-next": ({"type": "NFKD"}, split(r"[\p{Lu}\p{N}]", "MergedWithNext")),
    "cut-first": (
        {"type": "StripAccents"},
        pre_tokenizers({"type": "WhitespaceSplit"}, split(r"\p{P}", "Contiguous"), metaspace("first")),
    ),
}


def texts_of(c):
    return [f"{c}a{c}b", f" {c}{c} 1{c} A.{c}'s e\u0301{c}"]


def main():
    mapped = nmt_nfkc()
    chains = {}
    for name, (normalizer, pre_tokenizer) in CHAINS.items():
        spelled = json.dumps(
            {
                "version": "1.0",
                "truncation": None,
                "padding": None,
                "added_tokens": [],
                "normalizer": normalizer,
                "pre_tokenizer": pre_tokenizer,
                "post_processor": None,
                "decoder": None,
                "model": {"type": "WordLevel", "vocab": {"[UNK]": 0}, "unk_token": "[UNK]"},
            }
        )
        made = Tokenizer.from_str(spelled.replace('"MAP"', json.dumps(mapped)))
        hashes = []
        for start in range(0, 0x10000, 256):
            if 0xD800 <= start < 0xE000:
                continue
            found = [pieces(made, text) for code in range(start, start + 256) for text in texts_of(chr(code))]
            bytes_of = json.dumps(found, ensure_ascii=False, separators=(",", ":")).encode()
            hashes.append(f"{zlib.crc32(bytes_of):08x}")
        chains[name] = {"normalizer": normalizer, "pre_tokenizer": pre_tokenizer, "hashes": "".join(hashes)}
    OUT.mkdir(exist_ok=True)
    file = {"map": mapped, "chains": chains}
    (OUT / "chains.json").write_text(json.dumps(file, ensure_ascii=True, indent=1) + "\n")


def pieces(made, text):
    normalized = made.normalizer.normalize_str(text) if made.normalizer else text
    if not made.pre_tokenizer or not normalized:
        return [normalized] if normalized else []
    return [piece for piece, _ in made.pre_tokenizer.pre_tokenize_str(normalized) if piece]


if __name__ == "__main__":
    main()
