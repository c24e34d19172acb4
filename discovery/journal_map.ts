/** A map that knows what changed since it was last written, and can go back to that. */

export class JournalMap<Value> {
  readonly #values = new Map<string, Value>();
  /** What stood there when the last state was kept. */
  readonly #before = new Map<string, Value | undefined>();
  readonly #onChange: (before: Value | undefined, after: Value | undefined) => void;

  /** `onChange` keeps what follows from the values; it is told of steps back too. */
  constructor(onChange: (before: Value | undefined, after: Value | undefined) => void = () => {}) {
    this.#onChange = onChange;
  }

  get size(): number {
    return this.#values.size;
  }

  get(key: string): Value | undefined {
    return this.#values.get(key);
  }

  values(): IterableIterator<Value> {
    return this.#values.values();
  }

  entries(): IterableIterator<[string, Value]> {
    return this.#values.entries();
  }

  set(key: string, value: Value): void {
    this.#change(key, value);
  }

  delete(key: string): void {
    if (this.#values.has(key)) this.#change(key, undefined);
  }

  /** The values as they are now of the keys that changed; undefined for those that went. */
  *changes(): Generator<[key: string, value: Value | undefined]> {
    for (const key of this.#before.keys()) yield [key, this.#values.get(key)];
  }

  get changed(): boolean {
    return this.#before.size > 0;
  }

  /** What is there counts from now on. */
  keep(): void {
    this.#before.clear();
  }

  /** Back to what was kept last. */
  undo(): void {
    for (const [key, value] of this.#before) this.#put(key, value);
    this.#before.clear();
  }

  #change(key: string, value: Value | undefined): void {
    if (!this.#before.has(key)) this.#before.set(key, this.#values.get(key));
    this.#put(key, value);
  }

  #put(key: string, value: Value | undefined): void {
    const before = this.#values.get(key);
    if (value === undefined) this.#values.delete(key);
    else this.#values.set(key, value);
    this.#onChange(before, value);
  }
}
