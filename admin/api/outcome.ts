/** What became of an operation, as its answer. */
import type { OperateOutcome } from "../../relay/ports/admin.ts";
import { Problem, type ProblemCode } from "../problem.ts";
import type { Outcome } from "./shapes.ts";

/** Throws `Problem` when it was not done. */
export function outcomeOf(
  { ok, detail }: OperateOutcome,
  otherwise: ProblemCode = "conflict",
): Outcome {
  if (!ok) throw new Problem(otherwise, { detail });
  return { ok, detail };
}
