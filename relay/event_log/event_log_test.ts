import assert from "node:assert/strict";
import { join } from "node:path";
import { systemClock } from "../../quic/clock.ts";
import { silentLog } from "../ports/log.ts";
import { StartError } from "../start_error.ts";
import { packet, participant } from "../tap/testing_participant.ts";
import { openEventLog } from "./event_log.ts";

const alice = participant(1, { alias: "Alice" });
const bob = participant(2);
const call = { id: "c1", caller: "fp-1", callee: "fp-2" };

async function inTempDir(run: (dir: string) => Promise<void> | void): Promise<void> {
  const dir = Deno.makeTempDirSync();
  try {
    await run(dir);
  } finally {
    Deno.removeSync(dir, { recursive: true });
  }
}

const open = (path: string) =>
  openEventLog(path, { clock: systemClock, log: silentLog, counters: { eventsLost: 0 } });

/** Events without their times. */
function read(path: string): string[] {
  const text = Deno.readTextFileSync(path);
  assert(text.endsWith("\n"));
  return text.trimEnd().split("\n").map((line) => {
    const match = /^\{"ts":"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z)",(.*)\}$/.exec(line);
    assert(match !== null, line);
    JSON.parse(line);
    return match[2]!.replaceAll('"', "");
  });
}

Deno.test("rooms, calls and links write one file in the order of what happened, drops at the latest at the end", () =>
  inTempDir(async (dir) => {
    const path = join(dir, "events.jsonl");
    const events = open(path);
    events.rooms.joined!(alice);
    events.rooms.dropped!(alice, bob, "slow_receiver");
    events.changed({ ...call, state: "pending", outcome: null });
    events.changed({ ...call, state: "ended", outcome: "timeout" });
    events.federation.ingress(packet(1), 0, "Relay B");
    events.rooms.left!(alice, 3, true);
    await events.close(5_000);
    assert.deepEqual(read(path), [
      "event:log_opened",
      "event:join,room:general,src:session-1,fingerprint:fp-1,alias:Alice",
      "event:call_pending,call:c1,caller:fp-1,callee:fp-2",
      "event:call_ended,reason:timeout,call:c1,caller:fp-1,callee:fp-2",
      "event:federation_ingress,seq:1,codec:Opus24k,fec_block:0,fec_sym:0,repair:false,len:60,peer:Relay B",
      "event:leave,room:general,src:session-1,action:room_closed,fingerprint:fp-1,alias:Alice,forwarded:3",
      "event:drop,room:general,reason:slow_receiver,dst:session-2,count:1",
      "event:log_closed",
    ]);
    assert.equal(Deno.statSync(path).mode! & 0o137, 0);
  }));

Deno.test("a file that is there is appended to, never truncated", () =>
  inTempDir(async (dir) => {
    const path = join(dir, "events.jsonl");
    for (let run = 0; run < 2; run++) {
      const events = open(path);
      events.rooms.joined!(alice);
      await events.close(5_000);
    }
    assert.deepEqual(read(path).map((line) => /^event:(\w+)/.exec(line)![1]), [
      ...["log_opened", "join", "log_closed"],
      ...["log_opened", "join", "log_closed"],
    ]);
  }));

Deno.test("a file that was moved away is followed by a new one after a reopen, and no event is missing", () =>
  inTempDir(async (dir) => {
    const path = join(dir, "events.jsonl");
    const events = open(path);
    for (let i = 0; i < 50; i++) events.rooms.joined!(alice);
    Deno.renameSync(path, `${path}.1`);
    events.reopen();
    for (let i = 0; i < 50; i++) events.rooms.joined!(bob);
    await events.close(5_000);
    const moved = Deno.readTextFileSync(`${path}.1`);
    const all = moved + Deno.readTextFileSync(path);
    assert.equal(all.split("\n").filter((line) => line.includes('"join"')).length, 100);
    assert.equal(all.split("\n").filter((line) => line.includes('"session-2"')).length, 50);
  }));

Deno.test("an event log that cannot be opened stops the start with a sentence", () =>
  inTempDir((dir) => {
    const path = join(dir, "missing", "events.jsonl");
    assert.throws(() => open(path), (error: unknown) => {
      assert(error instanceof StartError);
      assert.equal(error.code, "event_log_unusable");
      assert.equal(error.message, `Cannot open the event log ${path}: it does not exist`);
      return true;
    });
  }));

Deno.test("names and aliases cannot forge events", () =>
  inTempDir(async (dir) => {
    const path = join(dir, "events.jsonl");
    const forged = 'x"}\n{"ts":"2026-04-13T12:47:21.123456Z","event":"forged"}\n\u2028\x1b[2J';
    const events = open(path);
    events.rooms.joined!(participant(1, { alias: forged, room: forged }));
    events.changed({ ...call, id: forged, state: "pending", outcome: null });
    events.federation.duplicate(1, forged);
    await events.close(5_000);
    const text = Deno.readTextFileSync(path);
    assert(!/[\p{C}\p{Zl}\p{Zp}]/u.test(text.replaceAll("\n", "")));
    const lines = text.trimEnd().split("\n").map((line) => JSON.parse(line));
    assert.deepEqual(lines.map(({ event }) => event), [
      "log_opened",
      "join",
      "call_pending",
      "dedup_drop",
      "log_closed",
    ]);
    assert.equal(lines[1].alias, forged);
  }));

Deno.test("a pipe is refused, at the start and when the log is opened anew", () =>
  inTempDir(async (dir) => {
    const path = join(dir, "events.jsonl");
    const makePipe = () => new Deno.Command("mkfifo", { args: [path] }).outputSync();
    assert.ok(makePipe().success);
    assert.throws(() => open(path), StartError);
    Deno.removeSync(path);
    const events = open(path);
    Deno.renameSync(path, join(dir, "old"));
    assert.ok(makePipe().success);
    events.reopen();
    events.changed({ ...call, state: "ringing", outcome: null });
    await events.close(1_000);
    assert.equal(read(join(dir, "old")).length, 3);
  }));
