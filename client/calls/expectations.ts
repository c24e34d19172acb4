/** Answers that are waited for, in the order of their questions, each for a limited time. */
import type { Signal } from "../../proto/signal/mod.ts";
import type { Clock } from "../../quic/clock.ts";
import { ClientError } from "../errors.ts";

interface Expectation {
  /** Whether the signal was the one. */
  take(signal: Signal): boolean;
  fail(error: Error): void;
}

export class Expectations {
  readonly #clock: Clock;
  readonly #waiting = new Set<Expectation>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The first signal of which `take` makes something. Rejects with `ClientError` code `silent` after so long. */
  expect<T>(take: (signal: Signal) => T | undefined, timeoutMs: number): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const end = () => {
      this.#waiting.delete(expectation);
      timer.cancel();
    };
    const expectation: Expectation = {
      take(signal) {
        const answer = take(signal);
        if (answer === undefined) return false;
        end();
        resolve(answer);
        return true;
      },
      fail(error) {
        end();
        reject(error);
      },
    };
    const timer = this.#clock.after(
      timeoutMs,
      () =>
        expectation.fail(
          new ClientError("silent", `The relay did not answer within ${timeoutMs} ms.`),
        ),
    );
    this.#waiting.add(expectation);
    return promise;
  }

  /** Whether somebody was waiting for this. */
  offer(signal: Signal): boolean {
    for (const expectation of this.#waiting) if (expectation.take(signal)) return true;
    return false;
  }

  /** Nothing will come any more. */
  fail(error: Error): void {
    for (const expectation of [...this.#waiting]) expectation.fail(error);
  }
}
