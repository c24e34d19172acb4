/** State for each participant from its first packet to its leave, and a period of five seconds after which it is looked at. */
import type { Clock, Timer } from "../../quic/clock.ts";
import type { ParticipantView } from "../ports/room_observer.ts";

/** Statistics are printed this often, as by the original. */
export const PERIOD_MS = 5_000;

interface Entry<State> {
  readonly state: State;
  readonly timer: Timer;
}

export class PerParticipant<State> {
  readonly #clock: Clock;
  readonly #begin: (participant: ParticipantView) => State;
  readonly #onPeriod: (participant: ParticipantView, state: State) => void;
  readonly #entries = new Map<ParticipantView, Entry<State>>();

  constructor(
    clock: Clock,
    begin: (participant: ParticipantView) => State,
    onPeriod: (participant: ParticipantView, state: State) => void,
  ) {
    this.#clock = clock;
    this.#begin = begin;
    this.#onPeriod = onPeriod;
  }

  /** The state of a participant; its periods begin now when it has none yet. */
  of(participant: ParticipantView): State {
    return this.#entries.get(participant)?.state ?? this.#add(participant);
  }

  /** The state of a participant that has one. */
  known(participant: ParticipantView): State | undefined {
    return this.#entries.get(participant)?.state;
  }

  end(participant: ParticipantView): void {
    this.#entries.get(participant)?.timer.cancel();
    this.#entries.delete(participant);
  }

  clear(): void {
    for (const { timer } of this.#entries.values()) timer.cancel();
    this.#entries.clear();
  }

  get size(): number {
    return this.#entries.size;
  }

  #add(participant: ParticipantView): State {
    const state = this.#begin(participant);
    const timer = this.#clock.every(PERIOD_MS, () => this.#onPeriod(participant, state));
    this.#entries.set(participant, { state, timer });
    return state;
  }
}
