/** Who is registered for direct calls, and which of several registrations of a fingerprint is called. */
import type { KnownSignal } from "../../proto/signal/mod.ts";
import type { Line, Lines, SignalLine } from "./signal_line.ts";

/** One registered connection. */
export interface Registration extends Line {
  /** Names the connection in the log. */
  readonly id: string;
  readonly fingerprint: string;
  /** Of the key it registered with; another one where the authentication service says who it is. */
  readonly keyFingerprint: string;
  readonly alias: string | null;
  /** Registered with the all-zero key, as reflect probes do: nobody in particular, neither calls nor is called. */
  readonly anonymous: boolean;
  readonly signed: boolean;
  /** It showed a token that the authentication service accepted. */
  readonly authenticated: boolean;
  /** It understands `RelayDraining`. */
  readonly drains: boolean;
  /** It comes from another relay and goes on with its calls here; others of its identity stay where they are. */
  readonly comesOver: boolean;
  readonly line: SignalLine;
}

/** A registration that sends on `line`. */
export function registrationOn(line: SignalLine, facts: Omit<Registration, "line" | "send">) {
  const send = (message: KnownSignal) => line.send(message);
  return { ...facts, line, send } satisfies Registration;
}

/** What a registration leaves behind. */
export interface Departure {
  /** Whether it was the one that is called. */
  readonly wasCurrent: boolean;
  /** The registration of the same fingerprint that is called from now on. */
  readonly heir: Registration | null;
}

/**
 * A newer registration of a fingerprint takes the place of an older one. The older connection stays open, since
 * closing it would make two original clients with one identity throw each other out for ever: they reconnect at
 * once. It gets its place back when the newer one ends or when it places or answers a call itself.
 */
export class SignalHub implements Lines {
  /** In order of use: the last one is called. Anonymous ones are in no list. */
  readonly #byFingerprint = new Map<string, Registration[]>();
  readonly #all = new Set<Registration>();

  get size(): number {
    return this.#all.size;
  }

  /** All registrations, anonymous ones too. */
  all(): Iterable<Registration> {
    return this.#all.values();
  }

  find(fingerprint: string): Registration | null {
    return this.#byFingerprint.get(fingerprint)?.at(-1) ?? null;
  }

  has(registration: Registration): boolean {
    return this.#all.has(registration);
  }

  /** Whether only a signed registration may take this fingerprint now. */
  isProtected(fingerprint: string): boolean {
    return this.find(fingerprint)?.signed ?? false;
  }

  isAuthenticated(fingerprint: string): boolean {
    return this.#of(fingerprint).some((registration) => registration.authenticated);
  }

  /** The registrations a signed one of this fingerprint puts an end to. */
  unsigned(fingerprint: string): Registration[] {
    return this.#of(fingerprint).filter((registration) => !registration.signed);
  }

  /** Signed and unsigned ones of a fingerprint are never here together: that is the caller's care. */
  enter(registration: Registration): void {
    if (this.#all.has(registration)) throw new TypeError("This registration is here already");
    this.#all.add(registration);
    if (registration.anonymous) return;
    const present = this.#byFingerprint.get(registration.fingerprint);
    if (present === undefined) this.#byFingerprint.set(registration.fingerprint, [registration]);
    else present.push(registration);
  }

  /** It is in use, so it is the one to call. */
  use(registration: Registration): void {
    const present = this.#byFingerprint.get(registration.fingerprint);
    const place = present?.indexOf(registration) ?? -1;
    if (present === undefined || place < 0 || place === present.length - 1) return;
    present.splice(place, 1);
    present.push(registration);
  }

  /** Null when it is not here (any more). */
  leave(registration: Registration): Departure | null {
    if (!this.#all.delete(registration)) return null;
    const { fingerprint } = registration;
    const present = this.#byFingerprint.get(fingerprint);
    if (present === undefined || registration.anonymous) return { wasCurrent: false, heir: null };
    const wasCurrent = present.at(-1) === registration;
    present.splice(present.indexOf(registration), 1);
    if (present.length === 0) this.#byFingerprint.delete(fingerprint);
    return { wasCurrent, heir: this.find(fingerprint) };
  }

  #of(fingerprint: string): readonly Registration[] {
    return this.#byFingerprint.get(fingerprint) ?? [];
  }
}
