/** Names for connections: short, and different from those of earlier runs in the same log. */

/** A source of names such as `k3f9-1`, `k3f9-2`; the first part is drawn once per run. */
export function connectionIds(random: (length: number) => Uint8Array): () => string {
  const letters = "0123456789abcdefghijkmnpqrstvwxz";
  const run = Array.from(random(4), (byte) => letters[byte % letters.length]).join("");
  let count = 0;
  return () => `${run}-${++count}`;
}
