/** The registry's thread: file, signatures and long texts are worked on here, away from the voice. */
import { nodeCrypto } from "../proto/node_crypto.ts";
import { RegistryEngine } from "./registry_engine.ts";
import { type StoreTrouble, troubleOf } from "./store_trouble.ts";
import type { FromWorker, RegistryQuestion, ToWorker } from "./worker_messages.ts";

/** A worker's global object, of which the program's own types know nothing. */
interface WorkerScope {
  onmessage: ((event: MessageEvent<ToWorker>) => void) | null;
  postMessage(message: FromWorker, transfer?: Transferable[]): void;
  close(): void;
}

/** What is asked for within this time is one transaction. */
const GATHER_MS = 2;
/** More than this waits for the next one, so that questions have their turn. */
const MAX_BATCH = 256;
const TICK_MS = 1_000;

const scope = globalThis as unknown as WorkerScope;
const waiting: Extract<ToWorker, { kind: "order" }>[] = [];
let engine: RegistryEngine | null = null;
let gathering = false;
let toldStats = "";

scope.onmessage = ({ data }) => {
  switch (data.kind) {
    case "open":
      open(data);
      break;
    case "configure":
      engine?.configure(data.settings);
      break;
    case "order":
      waiting.push(data);
      gather();
      break;
    case "question":
      find(data.id, data.question);
      break;
    case "close":
      while (waiting.length > 0) answerWaiting();
      engine?.close();
      scope.postMessage({ kind: "closed" });
      scope.close();
      break;
  }
};
scope.postMessage({ kind: "ready" });

function open({ path, settings }: Extract<ToWorker, { kind: "open" }>): void {
  try {
    engine = new RegistryEngine({
      path,
      settings,
      crypto: nodeCrypto,
      now: Date.now,
      log: (level, message, fields) => scope.postMessage({ kind: "log", level, message, fields }),
      onGroups: (groups) => scope.postMessage({ kind: "groups", groups }),
    });
  } catch (error) {
    const { kind, message }: StoreTrouble = troubleOf(error);
    scope.postMessage({ kind: "failed", reason: message, newer: kind === "newer" });
    return;
  }
  tellStats();
  scope.postMessage({ kind: "opened" });
  setInterval(() => {
    engine!.tick();
    tellStats();
  }, TICK_MS);
}

function gather(): void {
  if (gathering) return;
  gathering = true;
  setTimeout(() => {
    gathering = false;
    answerWaiting();
    if (waiting.length > 0) gather();
  }, GATHER_MS);
}

function answerWaiting(): void {
  const batch = waiting.splice(0, MAX_BATCH);
  if (engine === null || batch.length === 0) return;
  const answers = engine.answer(batch.map(({ order }) => order));
  scope.postMessage({
    kind: "answers",
    answers: batch.map(({ id }, index) => [id, answers[index]!] as const),
  });
}

function find(id: number, question: RegistryQuestion): void {
  if (engine === null) return;
  if (question.ask === "list") {
    const findings = engine.list(question.region, question.known);
    // Handed over, since a copy would cost the other thread the time that this one is here to take.
    const handedOver = findings.json === null ? [] : [findings.json.buffer];
    scope.postMessage({ kind: "findings", id, findings }, handedOver);
    return;
  }
  const findings = question.ask === "page"
    ? engine.page(question.query)
    : engine.parties(question.after, question.limit);
  scope.postMessage({ kind: "findings", id, findings });
}

function tellStats(): void {
  const stats = engine!.stats();
  const text = JSON.stringify(stats);
  if (text === toldStats) return;
  toldStats = text;
  scope.postMessage({ kind: "stats", stats });
}
