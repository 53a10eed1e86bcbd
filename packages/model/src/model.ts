/** @file A transformer with every activation in reach: run, cache, edit, differentiate, sweep, generate. */

import type { Graph } from "@diopter/graph";
import {
  brief,
  checkOptions,
  counted,
  given,
  inspectable,
  oneLine,
  Tensor,
  zeros,
} from "@diopter/tensor";
import { type InMemoryCheckpoint, type LoadedCheckpoint, readModel } from "./checkpoint/load";
import { type FileSource, holdsOnnx, type Place, placeOf } from "./checkpoint/place";
import type { ModelConfig } from "./config/config";
import { MissingFileError } from "./config/errors";
import type { Edit, EditSource, ResolvedEdit } from "./edits/edits";
import { resolveEditLists } from "./edits/resolve-edits";
import { ActivationCache } from "./hooks/cache";
import { defaultCacheNames, factorizedCacheNames, hookNames, selectHooks } from "./hooks/names";
import {
  type CacheOptions,
  type ComputeOptions,
  cacheKeys,
  computeKeys,
  type ForwardOptions,
  forwardKeys,
  type GenerateOptions,
  type Generation,
  type GradientOptions,
  generateKeys,
  gradientKeys,
  type HookedOptions,
  hookedKeys,
  type ModelOptions,
  type OnnxOptions,
  onnxKeys,
  type RunOptions,
  type RunResult,
  runKeys,
  type StreamOptions,
  type SweepOptions,
  streamKeys,
  sweepKeys,
} from "./model-options";
import type { OnnxInspection } from "./onnx/inspection";
import { buildProgram } from "./program/build-program";
import { type Engine, type Executed, type Execution, execute, logitsOf } from "./program/execute";
import type { Extension } from "./program/extension";
import { type GeneratedReads, type GeneratedStep, generateTokens } from "./program/generate";
import { hookStops } from "./program/hook-functions";
import { identifyJob, isTable, type JobIdentity, jobState, resumeData } from "./program/job-state";
import { tokenLosses } from "./program/losses";
import { checkedMetric, derivatives, type Metric } from "./program/metrics";
import { type CompiledRequest, Program, ProgramCache } from "./program/program";
import { identify, type Provenance } from "./program/provenance";
import { type Request, requestKeys } from "./program/request";
import { type SweepPlan, sweepData, sweepFacts, sweepRows } from "./program/sweep";
import type { Runtime, Values } from "./runtime/runtime";
import { resolveSplices, structuresOf, withSplices } from "./sae/splice";
import { GeneratedText } from "./text/generated-text";
import {
  leftPadded,
  type Prompt,
  type PromptOptions,
  prepare,
  promptKeys,
  requireTokenizer,
  tokenize,
} from "./text/prompt";
import type { TokenBatch } from "./text/prompt-values";
import { singleToken } from "./text/single-token";
import { stringTokens, textOf } from "./text/string-tokens";
import { createTokenizer, type Tokenizer } from "./text/tokenizer";
import { version } from "./version";
import { hashWeights } from "./weights/hash-weights";
import { processingKeys, processWeights, type WeightProcessing } from "./weights/process-weights";
import { Weights } from "./weights/weights";

/** A folder or file here or on a hub, files from elsewhere, bytes of a file, or objects in memory. */
export type ModelSource = FileSource | InMemoryCheckpoint;

/** Options that only an ONNX file reads. */
const saysOnnx = ["file", "config", "tokenizer", "tokenizerConfig", "id"] as const;

/** A loaded model on a runtime. */
export class Model {
  readonly config: ModelConfig;
  readonly weights: Weights;
  readonly tokenizer: Tokenizer | undefined;
  readonly runtime: Runtime;
  readonly id: string;
  readonly revision: string | undefined;
  /** Weight processing that has been applied. */
  readonly processing: readonly string[];
  readonly #checkpoint: LoadedCheckpoint;
  readonly #options: ModelOptions;
  readonly #programs: ProgramCache;
  #hash: Promise<string> | undefined;
  #inspection: OnnxInspection | undefined;

  private constructor(
    checkpoint: LoadedCheckpoint,
    options: ModelOptions,
    processing: readonly string[],
  ) {
    inspectable(this);
    this.#checkpoint = checkpoint;
    this.#options = options;
    this.#programs = new ProgramCache(options.maxPrograms ?? 64);
    this.config = checkpoint.config;
    this.weights = new Weights(checkpoint.config, checkpoint.weights);
    this.tokenizer =
      checkpoint.tokenizer && createTokenizer(checkpoint.tokenizer, checkpoint.tokenizerConfig);
    this.runtime = options.runtime;
    this.id = checkpoint.id;
    this.revision = checkpoint.revision;
    this.processing = processing;
  }

  /**
   * Loads a model: a folder with `config.json`, safetensors and `tokenizer.json`, an ONNX file or a folder that holds
   * one, either of them on a hub, their bytes, or objects in memory.
   *
   * Where a place holds safetensors and ONNX files the former are read, unless `file` names one of the latter.
   *
   * @throws {MissingFileError} when no file of a model is there
   * @throws {UnsupportedModelError} when no family reads it, or the ONNX file is no transformer
   * @example const model = await Model.load("owner/name", { runtime: node(), revision: "main" });
   */
  static async load(source: ModelSource, options: OnnxOptions): Promise<Model> {
    requireRuntime(options);
    checkOptions("Model.load", options, onnxKeys);
    const held = typeof source === "object" && source !== null && "weights" in source;
    const place = held ? source : await placeOf(source, options);
    const isFile = "bytes" in place || ("files" in place && place.file !== undefined);
    if (isFile || saysOnnx.some((key) => options[key] !== undefined))
      return Model.#opened(place, options);
    try {
      return new Model(await readModel(place, options), options, []);
    } catch (error) {
      if (held || !(error instanceof MissingFileError) || !(await holdsOnnx(place as Place)))
        throw error;
      return Model.#opened(place, options);
    }
  }

  /**
   * Reads a transformer that somebody exported to ONNX: a decoder or an encoder of any usual exporter, fused or quantized.
   *
   * Everything between tokens and logits must be accounted for, or the file is refused with what is in the way.
   *
   * @throws {UnsupportedModelError} when the file could not be explained as a transformer
   * @example const model = await Model.fromOnnx("folder/model.onnx", { runtime: node() });
   */
  static async fromOnnx(source: FileSource, options: OnnxOptions): Promise<Model> {
    requireRuntime(options);
    checkOptions("Model.fromOnnx", options, onnxKeys);
    return Model.#opened(await placeOf(source, options), options);
  }

  static async #opened(place: Place | InMemoryCheckpoint, options: OnnxOptions): Promise<Model> {
    if ("weights" in place)
      throw new TypeError(
        `model: ${saysOnnx.filter((key) => options[key] !== undefined).join(", ")}: only of an ONNX file; a checkpoint in memory holds its own`,
      );
    // A page that opens no ONNX file does not load what reads them.
    const { loadOnnx } = await import("./onnx/from-onnx");
    const { checkpoint, inspection } = await loadOnnx(place, options);
    const model = new Model(checkpoint, options, []);
    model.#inspection = inspection;
    return model;
  }

  /** Which value of the ONNX file is behind each hook; throws TypeError for a model that comes from elsewhere. */
  inspect(): OnnxInspection {
    if (this.#inspection) return this.#inspection;
    throw new TypeError(
      `model: ${this.id} does not come from an ONNX file, so no values are behind its hooks`,
    );
  }

  /** A model with processed weights (TransformerLens's `process_weights`); throws where a step would not be exact. */
  processed(flags: WeightProcessing): Model {
    checkOptions("Model.processed", flags, processingKeys, "step");
    const { config, weights, applied } = processWeights(
      this.config,
      this.#checkpoint.weights,
      flags,
    );
    return new Model({ ...this.#checkpoint, config, weights }, this.#options, [
      ...this.processing,
      ...applied,
    ]);
  }

  /** Logits of a prompt. @example const { logits } = await model.run("The capital of France is") */
  async run(prompt: Prompt, options: ForwardOptions = {}): Promise<RunResult> {
    checkOptions("Model.run", options, forwardKeys);
    const tokens = this.#batch(prompt, options);
    const { logits = "all" } = options;
    const outputs = await this.#execute(tokens, options, { logits, start: this.#start(options) });
    return {
      logits: logitsIn(outputs, logits),
      tokens,
    };
  }

  /**
   * Logits and activations.
   *
   * @example const { cache } = await model.runWithCache(prompt, { names: "blocks.*.hook_resid_pre" });
   */
  async runWithCache(
    prompt: Prompt,
    options: CacheOptions = {},
  ): Promise<RunResult & { cache: ActivationCache }> {
    checkOptions("Model.runWithCache", options, cacheKeys);
    return this.runWithHooks(prompt, { ...options, fwdHooks: [] });
  }

  /**
   * The same with JavaScript functions at hooks; the run is cut at each, so declarative edits are faster.
   *
   * @example await model.runWithHooks(prompt, { fwdHooks: [["blocks.0.hook_mlp_out", (x) => mul(x, 0)]] });
   */
  async runWithHooks(
    prompt: Prompt,
    options: HookedOptions,
  ): Promise<RunResult & { cache: ActivationCache }> {
    checkOptions("Model.runWithHooks", options, hookedKeys);
    const tokens = this.#batch(prompt, options);
    const { logits = "all", names, fwdHooks, posSlice } = options;
    const factorized = options.view !== undefined && options.view !== "residual";
    const usual = factorized ? factorizedCacheNames(this.config) : defaultCacheNames(this.config);
    const read =
      names === undefined ? this.#names(options, usual) : selectHooks(names, this.#names(options));
    const stops = hookStops(this.config, fwdHooks, this.#names(options));
    const outputs = await this.#execute(tokens, options, {
      logits,
      read,
      stops,
      start: this.#start(options),
    });
    const values = read.map((name) => [name, outputs.values.get(name)!] as const);
    const cache = new ActivationCache(values, { keep: tokens.keep, nLayers: this.config.nLayers });
    return {
      logits: logitsIn(outputs, logits),
      tokens,
      cache: posSlice ? cache.positions(...posSlice) : cache,
    };
  }

  /**
   * Runs an extension: the one way to append computation to the transformer.
   *
   * @example const { norms } = await model.compute(prompt, extension, { edits, view, signal, budget });
   */
  async compute<T>(
    prompt: Prompt | TokenBatch,
    extension: Extension<T>,
    options: ComputeOptions = {},
  ): Promise<T> {
    checkOptions("Model.compute", options, computeKeys);
    const tokens = isBatch(prompt) ? prompt : this.#batch(prompt, options);
    const { extended } = await this.#execute(tokens, options, {
      logits: "none",
      extension,
      start: this.#start(options),
    });
    return extension.read(extended);
  }

  /** A metric of each prompt, [batch]. */
  async measure(prompt: Prompt, metric: Metric, options: RunOptions = {}): Promise<Float64Array> {
    checkOptions("Model.measure", options, runKeys);
    const tokens = this.#batch(prompt, options);
    return this.compute(
      tokens,
      checkedMetric(metric, tokens.batch, this.config.dVocabOut),
      options,
    );
  }

  /**
   * A metric of each prompt and its derivative with respect to activations.
   *
   * @example await model.gradients(prompt, { of: logitDifference(right, wrong), wrt: "blocks.*.hook_resid_pre" });
   */
  async gradients(
    prompt: Prompt,
    options: GradientOptions,
  ): Promise<{ values: Float64Array; gradients: ActivationCache }> {
    checkOptions("Model.gradients", options, gradientKeys);
    const tokens = this.#batch(prompt, options);
    const { of, wrt: filter, ...run } = options;
    const wrt = selectHooks(filter, [...this.#names(options), ...this.weights.names()]);
    const metric = checkedMetric(of, tokens.batch, this.config.dVocabOut);
    const { values, gradients } = await this.compute(tokens, derivatives(metric, wrt), run);
    return {
      values,
      gradients: new ActivationCache(Object.entries(gradients), {
        keep: tokens.keep,
        nLayers: this.config.nLayers,
      }),
    };
  }

  /**
   * A metric under each of many edits, [edit][prompt]; rows share runs, and runs restart at the first edited layer.
   *
   * @example await model.sweep(corrupt, { over: heads.map((head) => ({ at, head, do: "patch", value: { cache } })), metric });
   */
  async sweep(prompt: Prompt, options: SweepOptions): Promise<Float64Array[]> {
    checkOptions("Model.sweep", options, sweepKeys);
    const {
      over,
      metric,
      tokensPerRun = 640,
      resume,
      onState,
      onProgress,
      signal,
      budget = this.#options.budget,
    } = options;
    const tokens = this.#batch(prompt, options);
    const base = options.edits ?? [];
    const lists = over.map((row) => [
      ...base,
      ...(Array.isArray(row) ? (row as readonly Edit[]) : [row as Edit]),
    ]);
    const scope = this.#scope(tokens, options);
    const rows = await resolveEditLists(lists, scope);
    const plan: SweepPlan = {
      tokens,
      rows,
      metric,
      splices: resolveSplices(this.config, options.splice ?? []),
      tokensPerRun,
      signal,
      budget,
      unedited: (names) => scope.activations("unedited", names),
    };
    const identity =
      resume || onState
        ? await this.identifyJob("diopter/sweep", version, sweepFacts(plan))
        : undefined;
    return sweepRows(this.#engine, {
      ...plan,
      measured:
        resume &&
        resumeData("sweep", resume, identity!, (data) => isTable(data, rows.length, tokens.batch)),
      onProgress: (progress) => {
        onProgress?.(progress);
        onState?.(jobState(identity!, sweepData(progress.values)));
      },
    });
  }

  /**
   * New text after a prompt; greedy unless a temperature is given. Positions of edits count in the prompt, steps tokens.
   *
   * @example const { texts, cache } = await model.generate(prompt, { maxNewTokens: 20, names: "blocks.*.hook_resid_post" });
   */
  async generate(prompt: Prompt, options: GenerateOptions = {}): Promise<Generation> {
    checkOptions("Model.generate", options, generateKeys);
    const prompts = this.#batch(prompt, options);
    const texts = new GeneratedText(this.tokenizer, prompts, options.onToken);
    const { names } = options;
    const read = names === undefined ? [] : selectHooks(names, this.#names(options));
    const steps = this.#generated(prompts, options, read);
    let step = await steps.next();
    for (; !step.done; step = await steps.next()) texts.push(step.value);
    const { values, tokens: seen } = step.value;
    const cache = new ActivationCache(values, { keep: seen.keep, nLayers: this.config.nLayers });
    return { ...texts.end(), cache };
  }

  /** The same token by token: ids per row, undefined for rows that have stopped. */
  async *stream(prompt: Prompt, options: StreamOptions = {}): AsyncGenerator<GeneratedStep> {
    checkOptions("Model.stream", options, streamKeys);
    yield* this.#generated(this.#batch(prompt, options), options, []);
  }

  #generated(
    prompt: TokenBatch,
    options: StreamOptions,
    read: readonly string[],
  ): AsyncGenerator<GeneratedStep, GeneratedReads> {
    const {
      maxNewTokens = 10,
      seed = 0,
      stopAtEos = true,
      stopAt = [],
      edits = [],
      fwdHooks = [],
      budget = this.#options.budget,
    } = options;
    return generateTokens(this.#engine, {
      ...options,
      prompt,
      tokens: leftPadded(prompt),
      maxNewTokens,
      seed,
      budget,
      stopAt: [
        ...(stopAtEos ? this.#eos : []),
        ...[stopAt].flat().map((token) => this.#stop(token)),
      ],
      edits,
      read,
      stops: hookStops(this.config, fwdHooks, this.#names(options)),
      splices: resolveSplices(this.config, options.splice ?? []),
      scope: (here) => this.#scope(here, options),
    });
  }

  /** Cross entropy of each next token, nats [batch, pos - 1]; NaN where a token is padding. */
  async lossPerToken(prompt: Prompt, options: RunOptions = {}): Promise<Tensor> {
    checkOptions("Model.lossPerToken", options, runKeys);
    const { logits, tokens } = await this.run(prompt, options);
    return tokenLosses(logits, tokens);
  }

  /** Ids of a text, beginning-of-sequence token included by the model's default. */
  toTokens(text: string, options: Pick<PromptOptions, "prependBos"> = {}): number[] {
    checkOptions("Model.toTokens", options, { prependBos: "optional" });
    return tokenize(text, this.config, this.tokenizer, options.prependBos);
  }

  /** Text of ids, an id past the tokenizer being its number; of none given, the model's id, size and runtime on one line. */
  toString(...given: [] | [ids: readonly number[]]): string {
    if (given.length > 0) return textOf(this.#tokenizer(), given[0]!);
    const { nLayers, nHeads, dModel } = this.config;
    const size = `${counted(nLayers, "layer")}, ${counted(nHeads, "head")}, dModel ${dModel}`;
    return oneLine(`Model ${brief(this.id, 50)} (${size}) on ${this.runtime.name}`);
  }

  /** Text of each token. */
  toStringTokens(
    prompt: string | readonly number[],
    options: Pick<PromptOptions, "prependBos"> = {},
  ): string[] {
    checkOptions("Model.toStringTokens", options, { prependBos: "optional" });
    const ids = typeof prompt === "string" ? this.toTokens(prompt, options) : prompt;
    return stringTokens(this.#tokenizer(), ids);
  }

  /** Id of a text that is one token; throws `RangeError` when it is more, or no word of the vocabulary. */
  toSingleToken(text: string): number {
    return singleToken(requireTokenizer(this.tokenizer), text);
  }

  /** Position of a single token in a prompt. */
  getTokenPosition(
    token: string | number,
    prompt: string | readonly number[],
    options: { mode?: "first" | "last"; prependBos?: boolean } = {},
  ): number {
    checkOptions("Model.getTokenPosition", options, { mode: "optional", prependBos: "optional" });
    const { mode = "first", prependBos } = options;
    const ids = typeof prompt === "string" ? this.toTokens(prompt, { prependBos }) : prompt;
    const id = typeof token === "string" ? this.toSingleToken(token) : token;
    const position = mode === "first" ? ids.indexOf(id) : ids.lastIndexOf(id);
    if (position >= 0) return position;
    throw new RangeError(`model: token ${JSON.stringify(token)} is not in the prompt`);
  }

  /** A prompt as a padded batch of ids. */
  prepare(prompt: Prompt, options: PromptOptions = {}): TokenBatch {
    checkOptions("Model.prepare", options, promptKeys);
    return this.#batch(prompt, options);
  }

  #batch(prompt: Prompt, options: PromptOptions): TokenBatch {
    return prepare(prompt, this.config, this.tokenizer, options);
  }

  /** The graph of a request, as `estimateMemory` and `encode` take it. */
  graphOf(request: Request): Graph {
    checkOptions("Model.graphOf", request, requestKeys);
    return this.#compile(request).program.graph;
  }

  /** Whose a state is: a job of this model on this runtime, and by name whatever else decides its numbers. */
  async identifyJob(
    kind: string,
    version: string,
    facts: Readonly<Record<string, unknown>>,
  ): Promise<JobIdentity> {
    const { weightsHash, processing, config } = (await this.provenance(undefined)).model;
    const model = { weightsHash, processing, config };
    return identifyJob(kind, version, { model, runtime: this.runtime.name, ...facts });
  }

  /** What a result of this model carries about where it came from. */
  async provenance(inputs: unknown): Promise<Provenance> {
    return identify({
      model: {
        id: this.id,
        revision: this.revision,
        weightsHash: await this.#weightsHash,
        tokenizerHash: this.#checkpoint.tokenizerHash,
        processing: this.processing,
        config: this.config,
      },
      runtime: this.runtime.name,
      inputs,
    });
  }

  /** Releases programs and their sessions; the runtime itself belongs to whoever made it. */
  async dispose(): Promise<void> {
    await this.#programs.clear();
  }

  /** Hashing half a gigabyte takes a second, so it waits for the first result that is asked where it came from. */
  get #weightsHash(): Promise<string> {
    this.#hash ??= hashWeights(this.#checkpoint.weights);
    return this.#hash;
  }

  get #engine(): Engine {
    return { config: this.config, compile: (request) => this.#compile(request) };
  }

  #compile(request: Request): CompiledRequest {
    const { config, runtime } = this;
    const { weights } = this.#checkpoint;
    return this.#programs.get(
      request,
      () => buildProgram(config, weights, request, runtime.precision),
      (graph) => new Program(graph, config, runtime, weights),
    );
  }

  async #execute(
    tokens: TokenBatch,
    options: ComputeOptions,
    more: Partial<Execution>,
  ): Promise<Executed> {
    const {
      edits = [],
      splice = [],
      view = "residual",
      signal,
      budget = this.#options.budget,
    } = options;
    const resolved = await this.#resolved(edits, tokens, options);
    const splices = resolveSplices(this.config, splice);
    return execute(this.#engine, {
      tokens,
      edits: resolved,
      splices,
      view,
      signal,
      budget,
      ...more,
    });
  }

  /** Edits with their numbers, in the order given. */
  async #resolved(
    edits: readonly (Edit | ResolvedEdit)[],
    tokens: TokenBatch,
    options: Omit<RunOptions, "edits">,
  ): Promise<ResolvedEdit[]> {
    if (!Array.isArray(edits))
      throw new TypeError(`model: edits are ${given(edits)}, expected a list of edits`);
    const written = edits.filter((edit): edit is Edit => !isResolved(edit));
    if (written.length === 0) return edits as ResolvedEdit[];
    // A glob makes several edits of one, so each is resolved by itself, against the same scope.
    const scope = this.#scope(tokens, options);
    const lists = await resolveEditLists(
      written.map((edit) => [edit]),
      scope,
    );
    const next = lists.values();
    return edits.flatMap((edit) => (isResolved(edit) ? [edit] : [...next.next().value!]));
  }

  #start(options: Pick<ForwardOptions, "start" | "splice">): Values {
    const { start = {} } = options;
    selectHooks(Object.keys(start), this.#names(options));
    return start;
  }

  /** Hooks of a run in the order of computation, those of its SAEs among them. */
  #names(
    { splice = [] }: Pick<RunOptions, "splice">,
    names: readonly string[] = hookNames(this.config),
  ): readonly string[] {
    return withSplices(names, structuresOf(resolveSplices(this.config, splice)));
  }

  #scope(tokens: TokenBatch, options: Omit<RunOptions, "edits">) {
    const { positions, signal, splice = [] } = options;
    const read = async (batch: TokenBatch, names: readonly string[]) => {
      const outputs = await this.#execute(
        batch,
        { signal: signal!, splice },
        { logits: "none", read: names },
      );
      const values = names.map((name) => [name, outputs.values.get(name)!] as const);
      return new ActivationCache(values, { keep: batch.keep, nLayers: this.config.nLayers });
    };
    return {
      config: this.config,
      tokens,
      splices: structuresOf(resolveSplices(this.config, splice)),
      positions,
      activations: async (source: EditSource | "unedited", names: readonly string[]) => {
        if (source === "unedited") return read(tokens, names);
        return "cache" in source ? source.cache : read(this.#batch(source.prompt, options), names);
      },
    };
  }

  /** Ids at which text ends by the model's own account. */
  get #eos(): readonly number[] {
    const { eos } = this.#checkpoint;
    const own = this.tokenizer?.eos;
    return own === undefined ? eos : [...eos, own];
  }

  #stop(token: number | string): number {
    const id = typeof token === "string" ? this.toSingleToken(token) : token;
    const { dVocabOut } = this.config;
    if (Number.isInteger(id) && id >= 0 && id < dVocabOut) return id;
    throw new RangeError(`generate: stopAt ${id} is not in 0..${dVocabOut - 1}`);
  }

  #tokenizer(): Tokenizer {
    if (!this.tokenizer) throw new TypeError("model: this model has no tokenizer");
    return this.tokenizer;
  }
}

function isBatch(prompt: Prompt | TokenBatch): prompt is TokenBatch {
  return typeof prompt === "object" && "keep" in prompt && "ids" in prompt;
}

function isResolved(edit: Edit | ResolvedEdit): edit is ResolvedEdit {
  return typeof edit === "object" && edit !== null && "structure" in edit;
}

function logitsIn(outputs: Executed, asked: "all" | "last" | "none"): Tensor {
  const value = asked === "none" ? zeros([0]) : logitsOf(outputs);
  return Tensor.from(value);
}

/** Before anything is fetched or read for a model that could not run. */
function requireRuntime(options: ModelOptions | undefined): void {
  if (typeof options !== "object" || options === null)
    throw new TypeError(
      `model: options are ${given(options)}, expected an object with a runtime, such as { runtime: node() }`,
    );
  const { runtime } = options;
  if (typeof runtime === "object" && typeof runtime?.session === "function") return;
  throw new TypeError(
    `model: runtime is ${given(runtime)}; expected what node(), web() or reference() gives`,
  );
}
