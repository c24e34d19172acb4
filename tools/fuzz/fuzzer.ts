/** Runs one target on many inputs and keeps count of what it did with them. */
import { breed } from "./mutator.ts";
import { Random } from "./random.ts";
import type { FuzzTarget } from "./target.ts";

export interface FuzzOptions {
  /** The same seed breeds the same inputs for a target. */
  readonly seed: number;
  /** Asked now and then with the number of inputs so far; the run ends when it says so. */
  readonly enough: (inputs: number) => boolean;
}

export interface FuzzReport {
  readonly inputs: number;
  /** How many inputs ended in each outcome class. */
  readonly outcomes: ReadonlyMap<string, number>;
  /** How many different outcomes, details included. */
  readonly behaviours: number;
  /** The longest time one input took: a hint, since other programs and the garbage collector are in it. */
  readonly slowestMs: number;
  /** The first input that broke a promise, or null; the run ends there. */
  readonly failure: FuzzFailure | null;
}

export interface FuzzFailure {
  /** Which input of the run it was, from 1. */
  readonly number: number;
  readonly input: Uint8Array;
  readonly error: unknown;
}

/** How many inputs run between two questions whether it is enough. */
const BATCH = 256;

/** Inputs that showed new behaviour join the corpus, up to so many. */
const MAX_CORPUS = 2000;
const MAX_CORPUS_INPUT = 4096;

/** The corpus itself first, then inputs bred from it and from those that showed something new. */
export function fuzz(target: FuzzTarget, { seed, enough }: FuzzOptions): FuzzReport {
  const random = new Random(seed, target.name);
  const seeds = target.corpus();
  if (seeds.length === 0) throw new RangeError(`Cannot fuzz ${target.name}: empty corpus`);
  const corpus = seeds.slice();
  const outcomes = new Map<string, number>();
  const behaviours = new Set<string>();
  let inputs = 0;
  let slowestMs = 0;

  const report = (failure: FuzzFailure | null): FuzzReport => {
    return { inputs, outcomes, behaviours: behaviours.size, slowestMs, failure };
  };

  do {
    for (let left = BATCH; left > 0; left--) {
      // Half stay close to valid inputs, however many odd ones the corpus has gathered.
      const input = seeds[inputs] ?? breed(random, random.below(2) === 0 ? seeds : corpus);
      inputs++;
      const start = performance.now();
      let behaviour: string;
      try {
        behaviour = target.run(input);
      } catch (error) {
        return report({ number: inputs, input, error });
      }
      slowestMs = Math.max(slowestMs, performance.now() - start);
      const outcome = outcomeOf(behaviour);
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      if (behaviours.has(behaviour)) continue;
      behaviours.add(behaviour);
      if (corpus.length < MAX_CORPUS && input.length <= MAX_CORPUS_INPUT) corpus.push(input);
    }
  } while (!enough(inputs));
  return report(null);
}

/** The class in front of the first space. */
function outcomeOf(behaviour: string): string {
  const end = behaviour.indexOf(" ");
  return end < 0 ? behaviour : behaviour.slice(0, end);
}
