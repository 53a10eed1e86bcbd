/** @file Where completed runs are kept, so that a report that was broken off goes on where it was. */

/** Keeps plain data (whatever survives JSON) by key; the command line has one in a folder. */
export interface RunStore {
  get(key: string): Promise<unknown | undefined>;
  set(key: string, value: unknown): Promise<void>;
}

/** A store that lasts as long as the process. */
export function memoryStore(): RunStore {
  const kept = new Map<string, string>();
  return {
    get: async (key) => {
      const text = kept.get(key);
      return text === undefined ? undefined : JSON.parse(text);
    },
    set: async (key, value) => {
      kept.set(key, JSON.stringify(value));
    },
  };
}
