/** @file SHA-256 of bytes that come piece by piece, which Web Crypto cannot do. FIPS 180-4. */

const roundConstants = /* @__PURE__ */ fractions(64, 3);

/** The hash of everything that `update` has been given. */
export class Sha256 {
  readonly #state = fractions(8, 2);
  readonly #block = new Uint8Array(64);
  readonly #schedule = new Int32Array(64);
  #length = 0;

  update(bytes: Uint8Array): void {
    let at = 0;
    while (at < bytes.length) {
      const used = this.#length % 64;
      const taken = bytes.subarray(at, at + 64 - used);
      this.#block.set(taken, used);
      this.#length += taken.length;
      at += taken.length;
      if (used + taken.length === 64) this.#compress();
    }
  }

  /** 64 hexadecimal digits. */
  digest(): string {
    const bits = BigInt(this.#length) * 8n;
    const zeros = (119 - (this.#length % 64)) % 64;
    const padding = new Uint8Array(1 + zeros + 8);
    padding[0] = 0x80;
    new DataView(padding.buffer).setBigUint64(1 + zeros, bits);
    this.update(padding);
    return Array.from(this.#state, (word) => (word >>> 0).toString(16).padStart(8, "0")).join("");
  }

  #compress(): void {
    const w = this.#schedule;
    const view = new DataView(this.#block.buffer);
    for (let t = 0; t < 16; t++) w[t] = view.getInt32(4 * t);
    for (let t = 16; t < 64; t++) {
      const [x, y] = [w[t - 15]!, w[t - 2]!];
      const s0 = rotate(x, 7) ^ rotate(x, 18) ^ (x >>> 3);
      const s1 = rotate(y, 17) ^ rotate(y, 19) ^ (y >>> 10);
      w[t] = (w[t - 16]! + s0 + w[t - 7]! + s1) | 0;
    }
    const state = this.#state;
    let [a, b, c, d, e, f, g, h] = state as unknown as [
      number,
      number,
      number,
      number,
      number,
      number,
      number,
      number,
    ];
    for (let t = 0; t < 64; t++) {
      const s1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
      const t1 = (h + s1 + ((e & f) ^ (~e & g)) + roundConstants[t]! + w[t]!) | 0;
      const s0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
      const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      [h, g, f, e, d, c, b, a] = [g, f, e, (d + t1) | 0, c, b, a, (t1 + t2) | 0];
    }
    const words = [a, b, c, d, e, f, g, h];
    for (let i = 0; i < 8; i++) state[i] = (state[i]! + words[i]!) | 0;
  }
}

function rotate(x: number, n: number): number {
  return (x >>> n) | (x << (32 - n));
}

/** First 32 bits of the fractional parts of square or cube roots of the first `count` primes. */
function fractions(count: number, root: 2 | 3): Int32Array {
  const words = new Int32Array(count);
  const primes: number[] = [];
  for (let n = 2; primes.length < count; n++) {
    if (primes.some((p) => n % p === 0)) continue;
    words[primes.length] = fraction(BigInt(n), root);
    primes.push(n);
  }
  return words;
}

/** Exact, in integers: the largest x with x^root <= n * 2^(32 root), whose low 32 bits are the fraction. */
function fraction(n: bigint, root: 2 | 3): number {
  const target = n << BigInt(32 * root);
  let [low, high] = [0n, 1n << 40n];
  while (high - low > 1n) {
    const middle = (low + high) >> 1n;
    if (middle ** BigInt(root) <= target) low = middle;
    else high = middle;
  }
  return Number(BigInt.asIntN(32, low));
}
