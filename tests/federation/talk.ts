/** Somebody who speaks a tone, packet by packet in real time, and what the others heard of it. */
import assert from "node:assert/strict";
import { OpusCodec } from "../../client/sound/opus_codec.ts";
import { toneSource } from "../../client/sound/source.ts";
import { DEFAULT_TIER } from "../../client/sound/tier.ts";
import { VoiceReceiver } from "../../client/sound/voice_receiver.ts";
import { seqOf } from "../../proto/media_header.ts";
import { encodeMedia } from "../../proto/media_packet.ts";
import { ManualClock } from "../../quic/manual_clock.ts";
import { CLOSED, SENT } from "../../quic/port.ts";
import type { TestClient } from "../harness/test_client.ts";
import { within } from "./within.ts";

const FRAME_MS = 20;
const TONE_SECONDS = 4;
const TONE_RMS = 16_000 / Math.SQRT2;
/** Sequence numbers one talk may use. */
const SPAN = 2_000;

/** Packets at a time; more at once would be dropped after this machine stood still for long. */
const CATCH_UP = 4;

/** Only a hang, or a lost last packet, reaches it. */
const HANG_MS = 50_000;

/** Half a second. */
const IN_A_ROW = 25;

let talks = 0;
let encoded: Promise<readonly Uint8Array[]> | null = null;

/** Begins with `Talk.begin`. Every talk of a test run has sequence numbers of its own. */
export class Talk {
  readonly speaker: TestClient;
  /** In the order they were sent. */
  readonly sent: Uint8Array[] = [];
  readonly #frames: readonly Uint8Array[];
  readonly #first: number;
  #timer: ReturnType<typeof setInterval>;
  #waiting: (() => void)[] = [];

  /** Speaks from now on. */
  static async begin(speaker: TestClient): Promise<Talk> {
    return new Talk(speaker, await (encoded ??= toneFrames()));
  }

  private constructor(speaker: TestClient, frames: readonly Uint8Array[]) {
    this.speaker = speaker;
    this.#frames = frames;
    this.#first = SPAN * (talks++ % 32);
    const began = performance.now();
    // After a late timer it catches up, as a real sender does, but no faster than a participant may send.
    this.#timer = setInterval(() => {
      for (let n = 0; n < CATCH_UP; n++) {
        if (this.sent.length * FRAME_MS > performance.now() - began || !this.#say()) return;
      }
    }, FRAME_MS);
  }

  /** Speaks until this many packets were sent, if not for longer. */
  async until(packets: number): Promise<void> {
    while (this.sent.length < packets) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  /** Falls silent. */
  stop(): void {
    clearInterval(this.#timer);
  }

  /** What somebody has heard of it so far. */
  heardBy(listener: TestClient): Uint8Array[] {
    return listener.packets.filter((packet) => this.#isMine(packet));
  }

  /** Waits until somebody has heard packet number `from` or a later one. */
  async isHeard(listener: TestClient, from: number, limitMs: number): Promise<void> {
    const heard = () => this.#indices(listener);
    await within(
      limitMs,
      () => `packet ${from} or a later one; ${heard().at(-1)} came`,
      () => listener.until(() => heard().some((index) => index >= from)),
    );
  }

  /** Waits until the last packets that somebody has heard are so many in a row. */
  async flows(listener: TestClient, packets: number): Promise<void> {
    await listener.until(() => {
      const last = this.heardBy(listener).slice(-packets).map((packet) => seqOf(packet));
      return last.length === packets && last.every((seq, i) => seq === last[0]! + i);
    });
  }

  /** Waits until its last packet has come, for everybody but the speaker. */
  async isOver(listener: TestClient, limitMs: number): Promise<void> {
    if (listener !== this.speaker) await this.isHeard(listener, this.sent.length - 1, limitMs);
  }

  /** Waits until somebody has heard its last packet, then checks that all came, once and in order. */
  async reached(listener: TestClient): Promise<void> {
    const last = this.sent.at(-1);
    if (last === undefined) throw new Error("Nothing was said");
    const isLast = (packet: Uint8Array) => seqOf(packet) === seqOf(last);
    await this.#waitFor(listener, () => listener.packets.some(isLast));
    this.#isWhole(this.heardBy(listener));
  }

  /** The same in whatever order they came. */
  async allReached(listener: TestClient): Promise<void> {
    await this.#waitFor(listener, () => this.heardBy(listener).length >= this.sent.length);
    this.#isWhole(this.heardBy(listener).toSorted((one, other) => seqOf(one) - seqOf(other)));
  }

  /** Checks that what somebody heard of it came once and in order, whatever is missing. */
  neverTwice(listener: TestClient): void {
    const numbers = this.heardBy(listener).map((packet) => seqOf(packet));
    numbers.forEach((number, i) => assert.ok(i === 0 || number > numbers[i - 1]!, `${numbers}`));
  }

  async #waitFor(listener: TestClient, is: () => boolean): Promise<void> {
    await within(
      HANG_MS,
      () => `the last of ${this.sent.length} packets; ${this.#indices(listener)} came`,
      () => listener.until(is),
    );
  }

  #isWhole(heard: readonly Uint8Array[]): void {
    const numbers = (packets: readonly Uint8Array[]) => packets.map((packet) => seqOf(packet));
    assert.deepEqual(numbers(heard), numbers(this.sent));
    heard.forEach((packet, i) => assert.deepEqual(packet, this.sent[i]));
  }

  #indices(listener: TestClient): number[] {
    return this.heardBy(listener).map((packet) => seqOf(packet) - this.#first);
  }

  #isMine(packet: Uint8Array): boolean {
    const seq = seqOf(packet);
    return seq >= this.#first && seq < this.#first + SPAN;
  }

  /** Whether it could be sent; if not it is tried again. */
  #say(): boolean {
    const index = this.sent.length;
    assert.ok(index < SPAN, "A talk is too long");
    const seq = this.#first + index;
    const payload = this.#frames[index % this.#frames.length]!;
    const packet = encodeMedia({
      codec: DEFAULT_TIER.codec,
      seq,
      timestamp: FRAME_MS * index,
      payload,
    });
    // A speaker whose relay is gone speaks to nobody.
    const result = this.speaker.connection.sendDatagram(packet);
    if (result === CLOSED) this.stop();
    if (result !== SENT) return false;
    this.sent.push(packet);
    for (const resolve of this.#waiting.splice(0)) resolve();
    return true;
  }
}

/**
 * Everybody speaks at the same time for so many packets, and hears everybody else, once, in order, and not themselves
 * nor anybody who is not among them. What they heard before is forgotten.
 */
export function conversation(
  people: readonly TestClient[],
  packets = 40,
): Promise<readonly Talk[]> {
  return exchange(people, packets, (talk, listener) => talk.reached(listener));
}

/**
 * The first conversation of a call. Its first packets are what makes relays that are not linked dial each other, and
 * those on the new way may overtake those on the old one: everything comes once, in whatever order.
 */
export function firstWords(people: readonly TestClient[]): Promise<readonly Talk[]> {
  return exchange(people, 40, (talk, listener) => talk.allReached(listener));
}

async function exchange(
  people: readonly TestClient[],
  packets: number,
  reached: (talk: Talk, listener: TestClient) => Promise<void>,
): Promise<readonly Talk[]> {
  for (const person of people) person.packets.length = 0;
  const talks = await Promise.all(people.map((person) => Talk.begin(person)));
  await Promise.all(talks.map(async (talk) => {
    await talk.until(packets);
    talk.stop();
  }));
  await Promise.all(
    talks.flatMap((talk) =>
      people.filter((person) => person !== talk.speaker).map((person) => reached(talk, person))
    ),
  );
  const said = talks.reduce((sum, { sent }) => sum + sent.length, 0);
  people.forEach((person, i) => {
    assert.equal(person.packets.length, said - talks[i]!.sent.length);
  });
  return talks;
}

/** Everybody speaks until everybody else has heard so many packets in a row: after a change of the ways. */
export async function settled(people: readonly TestClient[], limitMs: number): Promise<void> {
  const talks = await Promise.all(people.map((person) => Talk.begin(person)));
  try {
    await within(limitMs, "sound without holes for everybody", () =>
      Promise.all(
        talks.flatMap((talk) =>
          people.filter((person) => person !== talk.speaker).map((person) =>
            talk.flows(person, IN_A_ROW)
          )
        ),
      ));
  } finally {
    for (const talk of talks) talk.stop();
  }
  await Promise.all(
    talks.flatMap((talk) => people.map((person) => talk.isOver(person, limitMs))),
  );
}

/** Checks that packets are a tone as loud as it was made. */
export async function assertLoud(packets: readonly Uint8Array[]): Promise<void> {
  const codec = await OpusCodec.create();
  try {
    const receiver = new VoiceReceiver({ codec, clock: new ManualClock() });
    for (const packet of packets) receiver.receive(packet);
    receiver.finish();
    assert.ok(Math.abs(receiver.rms / TONE_RMS - 1) < 0.2, `RMS ${receiver.rms}`);
  } finally {
    codec.close();
  }
}

async function toneFrames(): Promise<readonly Uint8Array[]> {
  const codec = await OpusCodec.create();
  try {
    const source = toneSource(TONE_SECONDS);
    const frames: Uint8Array[] = [];
    for (let pcm = source.next(DEFAULT_TIER.samples); pcm !== null;) {
      frames.push(codec.encode(pcm).slice());
      pcm = source.next(DEFAULT_TIER.samples);
    }
    return frames;
  } finally {
    codec.close();
  }
}
