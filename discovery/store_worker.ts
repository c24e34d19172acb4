/** The registry's thread: file, signatures and long texts are worked on here, away from the voice. */
import { nodeCrypto } from "../proto/node_crypto.ts";
import { workAfterVoice } from "../relay/ports/after_voice.ts";
import { RegistryEngine } from "./registry_engine.ts";
import { type StoreTrouble, troubleOf } from "./store_trouble.ts";
import type {
  FromWorker,
  RegistryFindings,
  RegistryQuestion,
  ToWorker,
} from "./worker_messages.ts";

/** A worker's global object, of which the program's own types know nothing. */
interface WorkerScope {
  onmessage: ((event: MessageEvent<readonly ToWorker[]>) => void) | null;
  postMessage(message: FromWorker): void;
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

scope.onmessage = ({ data }) => data.forEach(take);
workAfterVoice();
scope.postMessage({ kind: "ready" });

function take(message: ToWorker): void {
  switch (message.kind) {
    case "open":
      open(message);
      break;
    case "configure":
      engine?.configure(message.settings);
      break;
    case "order":
      waiting.push(message);
      gather();
      break;
    case "question":
      find(message.id, message.question);
      break;
    case "close":
      while (waiting.length > 0) answerWaiting();
      engine?.close();
      scope.postMessage({ kind: "closed" });
      scope.close();
      break;
  }
}

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
  scope.postMessage({ kind: "findings", id, findings: findingsOf(engine, question) });
}

function findingsOf(
  engine: RegistryEngine,
  question: RegistryQuestion,
): RegistryFindings[keyof RegistryFindings] {
  switch (question.ask) {
    case "list":
      return engine.list(question.region, question.known);
    case "page":
      return engine.page(question.query);
    case "parties":
      return engine.parties(question.after, question.limit);
  }
}

function tellStats(): void {
  const stats = engine!.stats();
  const text = JSON.stringify(stats);
  if (text === toldStats) return;
  toldStats = text;
  scope.postMessage({ kind: "stats", stats });
}
