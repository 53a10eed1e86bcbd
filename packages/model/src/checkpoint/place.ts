/** @file From what a caller names to where a model's files are, and which kind of file it is, told by its content. */

import { given, quoted } from "@diopter/tensor";
import { HubError, MissingFileError, UnsupportedModelError } from "../config/errors";
import { type Files, isFiles } from "./files";
import { filesOf, type HubOptions, inNode } from "./hub/hub";
import { isHubId } from "./hub/hub-id";

/** A path or the id of a model on a hub, files from elsewhere, or the bytes of a file. */
export type FileSource = string | Files | Uint8Array | ArrayBuffer;

/** Where files are: bytes at hand, or files with the name of one among them where the caller named one. */
export type Place =
  | { readonly bytes: Uint8Array }
  | { readonly files: Files; readonly file?: string; readonly id?: string };

/**
 * Where the files of `source` are.
 *
 * A string that names a file or folder here is that; `"owner/name"` otherwise names a model on a hub.
 *
 * @throws {MissingFileError} when nothing is there
 * @throws {HubError} when the hub refuses or fails
 */
export async function placeOf(source: FileSource, options: HubOptions): Promise<Place> {
  if (source instanceof Uint8Array) return { bytes: source };
  if (source instanceof ArrayBuffer) return { bytes: new Uint8Array(source) };
  if (typeof source === "string") return named(source, options);
  if (typeof source === "object" && source !== null && isFiles(source)) return { files: source };
  throw new TypeError(
    `model: expected a path, the id of a model, files or bytes, got ${given(source)}`,
  );
}

async function named(name: string, options: HubOptions): Promise<Place> {
  if (inNode()) {
    const { folder, kindAt } = await import("#on-node");
    const kind = await kindAt(name);
    if (kind !== undefined && options.revision !== undefined)
      throw new RangeError(
        `model: "${name}" is a ${kind} here, which has no revision "${options.revision}"`,
      );
    if (kind === "file") return inFolderAbove(name, folder);
    if (kind === "folder" || !isHubId(name)) return { files: await folder(name), id: name };
  }
  const files = await filesOf(name, options).catch((error) => {
    if (!(error instanceof HubError) || !inNode()) throw error;
    const { url, status, temporary } = error;
    const message = `${error.message}; nor is there a folder "${name}" here`;
    throw new HubError(message, { url, status, temporary, cause: error });
  });
  return { files, id: name };
}

/** A file as a name below the folder above its own, so that what lies there is in reach. */
async function inFolderAbove(
  path: string,
  folder: (path: string) => Promise<Files>,
): Promise<Place> {
  const parts = path.split(/[/\\]/);
  const name = parts.pop()!;
  const root = path.startsWith("/") ? "/" : ".";
  const own = parts.join("/") || root;
  const parent = parts.pop();
  // Without a named parent there is no way up that stays inside what the caller named.
  if (!parent || parent === "." || parent === "..")
    return { files: await folder(own), file: name, id: path };
  return { files: await folder(parts.join("/") || root), file: `${parent}/${name}`, id: path };
}

/** Where an ONNX model usually lies among files. */
const USUAL = [
  "model.onnx",
  "onnx/model.onnx",
  "decoder_model_merged.onnx",
  "onnx/decoder_model_merged.onnx",
];

/**
 * The name of the ONNX file among files: the usual one that is there, or the only one.
 *
 * @throws {MissingFileError} when there is none
 * @throws {RangeError} naming them when there are several
 */
export async function onnxNameIn(files: Files): Promise<string> {
  for (const name of USUAL) if ((await files.size(name)) !== undefined) return name;
  const found = (await files.names?.())?.filter((name) => /\.onnx$/i.test(name)) ?? [];
  if (found.length === 1) return found[0]!;
  if (found.length > 1)
    throw new RangeError(
      `${files.id}: several ONNX files: ${quoted(found)}; say which as { file: ${quoted(found[0])} }`,
    );
  throw new MissingFileError(
    `${files.id}: no file ${USUAL.map((name) => `"${name}"`).join(" or ")}`,
  );
}

/** Whether an ONNX file lies where no safetensors do. */
export async function holdsOnnx(place: Place): Promise<boolean> {
  if ("bytes" in place) return false;
  const { files } = place;
  for (const name of ["model.safetensors", "model.safetensors.index.json"])
    if ((await files.size(name)) !== undefined) return false;
  return onnxNameIn(files).then(
    () => true,
    (error) => {
      // Several of them are more than none, and are told so when one is opened.
      return !(error instanceof MissingFileError);
    },
  );
}

/** How many bytes tell a file's kind. */
const HEAD = 16;

/**
 * Throws unless a file may be ONNX by how it begins, saying what it is and what to give instead.
 *
 * @throws {UnsupportedModelError} for files of models in other formats
 */
export async function expectOnnx(place: Place): Promise<void> {
  if (!("bytes" in place) && place.file === undefined) return;
  const subject = "bytes" in place ? "these bytes are" : `"${place.id}" is`;
  const head =
    "bytes" in place
      ? place.bytes.subarray(0, HEAD)
      : await place.files.read(
          place.file!,
          0,
          Math.min(HEAD, (await place.files.size(place.file!)) ?? 0),
        );
  const other = otherKind(head);
  if (other) throw new UnsupportedModelError(`model: ${subject} ${other}`);
}

/** What a file is that is no ONNX file, and what helps; undefined where it may be one. */
function otherKind(head: Uint8Array): string | undefined {
  const text = String.fromCharCode(...head);
  if (text.startsWith("GGUF")) return "a GGUF file, which is not read";
  if (text.startsWith("PK") || head[0] === 0x80)
    return "a PyTorch file, which only Python reads; save the model as safetensors";
  if (text.slice(4, 8) === "ORTM")
    return "in ONNX Runtime's own format; give the .onnx file that it was made from";
  if (text[8] === "{" && head.subarray(4, 8).every((byte) => byte === 0))
    return "a safetensors file, which holds no configuration; give its folder, or { config, weights }";
  if (/^\s*[{[]/.test(text)) return "JSON; give the folder that it lies in";
  return undefined;
}
