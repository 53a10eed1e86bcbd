/**
 * @file What runs in the worker thread: ONNX Runtime behind messages.
 *
 * A string, because a worker's own file would have to be found from the sources, from `dist` and from a
 * bundle alike. Requests come one at a time and get `{ value }` or `{ error }`.
 */
export const workerCode = /* js */ `
const { parentPort, workerData } = require("node:worker_threads");
const { InferenceSession, Tensor } = require(workerData.onnxruntime);
const busy = new Int32Array(workerData.busy);
const sessions = new Map();
const weights = new Map();
let count = 0;

const toOrt = ({ dtype, data, shape }) => new Tensor(dtype, data, shape);
const bits = (data) =>
  data.constructor.name === "Float16Array" ? new Uint16Array(data.buffer, data.byteOffset, data.length) : data;

const tasks = {
  async open({ model }) {
    sessions.set(++count, await InferenceSession.create(model, workerData.options));
    return count;
  },
  keep({ key, tensor }) {
    weights.set(key, toOrt(tensor));
  },
  drop({ owner }) {
    for (const key of weights.keys()) if (key.startsWith(owner + " ")) weights.delete(key);
  },
  async run({ session, feeds, keys }) {
    const all = {};
    for (const [name, key] of keys) all[name] = weights.get(key);
    for (const [name, feed] of feeds) all[name] = toOrt(feed);
    const results = Object.entries(await sessions.get(session).run(all));
    return Object.fromEntries(
      results.map(([name, { type, dims, data }]) => [name, { dtype: type, shape: dims, data: bits(data) }]),
    );
  },
  async close({ session }) {
    await sessions.get(session).release();
    sessions.delete(session);
  },
};

parentPort.on("message", async (request) => {
  // Sent when a map of weights is gone, which may be during a run; nobody waits for it.
  if (request.task === "drop") return tasks.drop(request);
  let reply;
  try {
    reply = { value: await tasks[request.task](request) };
  } catch (error) {
    reply = { error };
  }
  Atomics.store(busy, 0, 0);
  Atomics.notify(busy, 0);
  const buffers = request.task === "run" && reply.value ? Object.values(reply.value).map((x) => x.data.buffer) : [];
  parentPort.postMessage(reply, [...new Set(buffers)]);
});
`;
