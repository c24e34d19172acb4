/** `/metrics` of a relay with 500 sessions and 50 links: time to answer, and how long it holds the relay's event loop. */
import { readPage } from "../admin/metrics/testing_page.ts";
import { canPin, moveToCore, onCore, widen } from "./rig/processes.ts";
import { median, numberFlag, onlyFlags, quantile } from "./rig/figures.ts";

/*
 * Server and made-up relay run each in its thread, on both cores as they would in service; with --pinned 1 they share
 * one. Scrapes come one after the other from this process, which has one core. What else the machine does holds the loop
 * too, so the same is measured without scrapes in turn.
 */
onlyFlags("sessions", "links", "rounds", "scrapes", "pinned");
const sessions = numberFlag("sessions", 500);
const links = numberFlag("links", 50);
const rounds = numberFlag("rounds", 7);
const scrapes = numberFlag("scrapes", 50);
const pinned = numberFlag("pinned", 0) === 1;
const GAP_MS = 20;

moveToCore(1);
const [program = "", ...words] = [...onCore(0), Deno.execPath()];
const target = new Deno.Command(program, {
  args: [...words, "run", "-A", "bench/rig/metrics_target.ts", String(sessions), String(links)],
  stdout: "piped",
}).spawn();
if (!pinned && canPin()) widen(target.pid);
try {
  const [scraped = "", watcher = ""] = (await firstLine(target.stdout)).split(" ");
  const get = async (path: string) => {
    const port = path === "/metrics" ? scraped : watcher;
    const answer = await fetch(`http://127.0.0.1:${port}${path}`);
    if (answer.status !== 200) throw new Error(`${path} answered ${answer.status}`);
    return await answer.text();
  };

  // The first page of a relay is made by code that never ran before.
  const firstSlices: number[] = JSON.parse(await get("/slices"));
  const first = await timed(() => get("/metrics"));
  const page = readPage(first.value);
  const samples = [...page.values()].reduce((sum, family) => sum + family.samples.length, 0);
  console.log(
    `${sessions} sessions, ${links} links: ${page.size} families, ${samples} samples, ` +
      `${first.value.length} bytes`,
  );
  console.log(`first answer over HTTP ${first.ms.toFixed(1)} ms`);

  const answers: number[] = [];
  const slices: number[] = [];
  const worstSlices: number[] = [];
  const held: number[] = [];
  const idle: number[] = [];
  for (let round = 0; round < rounds; round++) {
    await get("/longest");
    for (let i = 0; i < scrapes; i++) {
      answers.push((await timed(() => get("/metrics"))).ms);
      await pause();
    }
    held.push(Number(await get("/longest")));
    for (let i = 0; i < scrapes; i++) await pause();
    idle.push(Number(await get("/longest")));
    for (let i = 0; i < scrapes; i++) {
      const times: number[] = JSON.parse(await get("/slices"));
      slices.push(...times);
      worstSlices.push(Math.max(...times));
    }
  }
  answers.sort(ascending);
  slices.sort(ascending);
  worstSlices.sort(ascending);
  console.log(
    `answer, ms: p50 ${at(answers, 0.5)}, p99 ${at(answers, 0.99)}, worst ${at(answers, 1)} ` +
      "(must: under 50)",
  );
  console.log(
    `slice, ms: p50 ${at(slices, 0.5)}, p99 ${at(slices, 0.99)}, p999 ${at(slices, 0.999)}, ` +
      `worst ${at(slices, 1)} (must: at most 5); the worst of a page, p50 ${
        at(worstSlices, 0.5)
      }; ` +
      `of the first page ever ${Math.max(...firstSlices).toFixed(2)}`,
  );
  console.log(
    `longest the loop was held in ${scrapes} scrapes, ms, by round: ` +
      `${held.map((ms) => ms.toFixed(1)).join(" ")} (median ${median(held).toFixed(1)}); ` +
      `without scrapes: ${idle.map((ms) => ms.toFixed(1)).join(" ")} ` +
      `(median ${median(idle).toFixed(1)})`,
  );
} finally {
  target.kill("SIGTERM");
  await target.status;
}

async function firstLine(stream: ReadableStream<Uint8Array>): Promise<string> {
  let text = "";
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  while (!text.includes("\n")) {
    const { done, value } = await reader.read();
    if (done) throw new Error("The server did not start");
    text += value;
  }
  reader.cancel();
  return text.split("\n", 1)[0]!;
}

async function timed<T>(
  run: () => Promise<T>,
): Promise<{ readonly ms: number; readonly value: T }> {
  const began = performance.now();
  const value = await run();
  return { ms: performance.now() - began, value };
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, GAP_MS));
}

function at(sorted: readonly number[], share: number): string {
  return quantile(sorted, share).toFixed(2);
}

function ascending(a: number, b: number): number {
  return a - b;
}
