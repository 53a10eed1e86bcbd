/** @file Ships the two compiled programs: `scripts/tracr.ts ../../golden/tracr`, from the folder with Tracr's output. */

import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { folderOf, writeJson } from "./ship";

interface Program {
  readonly id: string;
  /** Name of the files. */
  readonly file: string;
  readonly what: string;
  readonly rasp: string;
  /** Residual dimensions that are the output. */
  readonly outputs: readonly string[];
  readonly outputMeaning: string;
}

const programs: readonly Program[] = [
  {
    id: "tracr-reverse",
    file: "reverse",
    what: "A transformer compiled from a program that reverses five tokens.",
    rasp: "aggregate(select(indices, length - indices - 1, ==), tokens)",
    outputs: ["reverse_1:1", "reverse_1:2", "reverse_1:3"],
    outputMeaning:
      "logits of the tokens 1, 2, 3; the largest is the token at the mirrored position",
  },
  {
    id: "tracr-x-proportion",
    file: "xproportion",
    what: "A transformer compiled from a program that writes the share of x among the tokens so far.",
    rasp: 'aggregate(select(indices, indices, <=), tokens == "x")',
    outputs: ["frac_prevs_7"],
    outputMeaning: "the share itself, a number",
  },
];

interface Facts {
  readonly residual_labels: readonly string[];
  readonly input_encoding: Readonly<Record<string, number>>;
  readonly n_cases: number;
  readonly [key: string]: unknown;
}

interface Entry {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data_offsets: readonly [number, number];
}

/** The file with a readout matrix [dModel, output] added: one 1 per column. */
function withReadout(
  file: Buffer,
  labels: readonly string[],
  outputs: readonly string[],
): Uint8Array {
  const size = Number(file.readBigUInt64LE(0));
  const { __metadata__, ...entries } = JSON.parse(file.subarray(8, 8 + size).toString());
  const body = file.subarray(8 + size);
  const readout = new Float32Array(labels.length * outputs.length);
  for (const [column, label] of outputs.entries())
    readout[labels.indexOf(label) * outputs.length + column] = 1;
  const extra: Entry = {
    dtype: "F32",
    shape: [labels.length, outputs.length],
    data_offsets: [body.length, body.length + readout.byteLength],
  };
  const json = JSON.stringify({ __metadata__: { format: "pt" }, ...entries, "unembed.W_U": extra });
  const header = Buffer.from(json.padEnd(Math.ceil(json.length / 8) * 8));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([length, header, body, Buffer.from(readout.buffer)]);
}

function configOf(facts: Facts, outputs: readonly string[]): Record<string, unknown> {
  const keys = ["d_vocab", "n_layers", "n_heads", "d_model", "d_head", "d_mlp", "n_ctx"];
  return {
    ...Object.fromEntries(keys.map((key) => [key, facts[key]])),
    d_vocab_out: outputs.length,
    act_fn: facts.act_fn,
    normalization_type: facts.normalization_type,
    attention_dir: facts.attention_dir,
    attn_only: false,
    gated_mlp: false,
    positional_embedding_type: "standard",
    default_prepend_bos: false,
  };
}

function cardText(
  { id, what, rasp, outputs, outputMeaning }: Program,
  facts: Facts,
  sha256: string,
): string {
  const { n_layers, d_model, d_head, d_mlp, input_encoding, n_cases } = facts;
  const tokens = Object.entries(input_encoding).map(([token, index]) => `${token} ${index}`);
  return `# ${id}

${what}

It was not trained: Tracr turned a RASP program into weights, so the algorithm is known. Its numbers say nothing about trained models.

This file is written by \`scripts/tracr.ts\`; the same facts are in \`card.json\`.

| | |
| --- | --- |
| program | \`${rasp}\` |
| made with | Tracr (Lindner et al. 2023, [arXiv 2301.05062](https://arxiv.org/abs/2301.05062); Apache-2.0), as in the experiment of Miller et al. 2024 ([arXiv 2407.08734](https://arxiv.org/abs/2407.08734)) |
| shape | ${n_layers} layers, 1 head, dModel ${d_model}, dHead ${d_head}, dMlp ${d_mlp}, ReLU, no norm, attention in both directions |
| input | a beginning-of-sequence token and five tokens; ids: ${tokens.join(", ")} |
| output | ${outputs.length === 1 ? "1 number" : `${outputs.length} numbers`} per position, read off the residual dimensions \`${outputs.join("`, `")}\` by \`unembed.W_U\`: ${outputMeaning} |
| checked | the residual stream on all ${n_cases} sequences equals that of Tracr's interpreter to 1e-5 |
| SHA-256 of the weights | \`${sha256}\` |

The output at the first position has no meaning.
`;
}

function ship(folder: string, program: Program): void {
  const { id, file, rasp, outputs, outputMeaning } = program;
  const facts: Facts = JSON.parse(readFileSync(join(folder, `${file}.json`), "utf8"));
  const labels = facts.residual_labels;
  const missing = outputs.find((label) => !labels.includes(label));
  if (missing !== undefined) throw new RangeError(`tracr: ${id} has no dimension "${missing}"`);
  const weights = withReadout(readFileSync(join(folder, `${file}.safetensors`)), labels, outputs);
  const sha256 = createHash("sha256").update(weights).digest("hex");
  mkdirSync(folderOf(id), { recursive: true });
  writeJson(new URL("config.json", folderOf(id)), configOf(facts, outputs));
  writeJson(new URL("weights.json", folderOf(id)), {
    safetensors: Buffer.from(weights).toString("base64"),
  });
  writeJson(new URL("card.json", folderOf(id)), {
    id,
    version: 1,
    sha256,
    source: "Tracr, Lindner et al. 2023, arXiv 2301.05062",
    program: rasp,
    tokens: facts.input_encoding,
    outputs,
    outputMeaning,
    residualLabels: labels,
    cases: facts.n_cases,
  });
  writeFileSync(new URL("CARD.md", folderOf(id)), cardText(program, facts, sha256));
  process.stdout.write(`${id}: ${weights.length} bytes, sha256 ${sha256}\n`);
}

function main([folder]: readonly string[]): void {
  if (folder === undefined) throw new RangeError("tracr: no folder given");
  for (const program of programs) ship(folder, program);
}

if (process.argv[1]?.endsWith("tracr.ts")) main(process.argv.slice(2));
