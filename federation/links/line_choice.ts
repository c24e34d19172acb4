/**
 * Which of the connections with one relay counts. When both relays dial there are two; both ends then keep the one
 * that the relay with the lower fingerprint dialled, and go over to it only when the other end is known to have it too.
 */

export interface Change<L> {
  /** The line in use is another one than before; null when none is left. Undefined when nothing changed. */
  readonly active?: L | null;
  /** Not needed any more, but the other end may still be sending on it: to be closed a little later. */
  readonly retired: readonly L[];
  /** The other end has lost it and dialled again. */
  readonly replaced: L | null;
}

interface Known {
  readonly dialled: boolean;
  spoken: boolean;
  retired: boolean;
}

export class LineChoice<L extends object> {
  readonly #preferDialled: boolean;
  readonly #keepAll: boolean;
  readonly #lines = new Map<L, Known>();
  #active: L | null = null;

  /**
   * `preferDialled`: this relay has the lower fingerprint. `keepAll`: the other one is an original, which forgets the
   * whole link when either connection ends and sends on the newer one.
   */
  constructor(preferDialled: boolean, keepAll = false) {
    this.#preferDialled = preferDialled;
    this.#keepAll = keepAll;
  }

  get active(): L | null {
    return this.#active;
  }

  lines(): L[] {
    return [...this.#lines.keys()];
  }

  /** The line of this direction. */
  find(dialled: boolean): L | null {
    for (const [line, known] of this.#lines) if (known.dialled === dialled) return line;
    return null;
  }

  /** A connection has been made. `spoken` tells whether the other end is known to have it: the dialler knows at once. */
  add(line: L, dialled: boolean, spoken: boolean): Change<L> {
    const replaced = this.find(dialled);
    if (replaced !== null) this.#lines.delete(replaced);
    this.#lines.set(line, { dialled, spoken, retired: false });
    return this.#choose(replaced, line);
  }

  /** Something came over it after the handshake. */
  spoke(line: L): Change<L> {
    const known = this.#lines.get(line);
    if (known === undefined || known.spoken) return NOTHING;
    known.spoken = true;
    return this.#choose(null, null);
  }

  /** It is closed. */
  ended(line: L): Change<L> {
    return this.#lines.delete(line) ? this.#choose(null, null) : NOTHING;
  }

  #choose(replaced: L | null, newest: L | null): Change<L> {
    const before = this.#active;
    this.#active = this.#best(newest);
    const retired: L[] = [];
    const preferred = this.find(this.#preferDialled);
    if (!this.#keepAll && preferred !== null && this.#lines.get(preferred)!.spoken) {
      for (const [line, known] of this.#lines) {
        if (line === preferred || known.retired) continue;
        known.retired = true;
        retired.push(line);
      }
    }
    const active = this.#active;
    return active === before ? { retired, replaced } : { active, retired, replaced };
  }

  #best(newest: L | null): L | null {
    if (this.#keepAll && newest !== null) return newest;
    const preferred = this.find(this.#preferDialled);
    const other = this.find(!this.#preferDialled);
    const ready = preferred !== null && this.#lines.get(preferred)!.spoken;
    if (!this.#keepAll && ready) return preferred;
    if (this.#active !== null && this.#lines.has(this.#active)) return this.#active;
    return other ?? preferred;
  }
}

const NOTHING = { retired: [], replaced: null };
