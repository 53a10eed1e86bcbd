/** @file The module worker that `web` starts: ONNX Runtime behind messages, one request at a time. */

import { type Scope, serve } from "./web/serve";

const scope = globalThis as unknown as Scope & { readonly name: string };
// ONNX Runtime may start this very file again as one of its threads, which then listens for itself.
if (!scope.name.startsWith("em-pthread")) serve(scope);
