import assert from "node:assert/strict";
import { echoDatagram } from "../proto/echo_datagram.ts";
import { EchoMeter } from "./echo_meter.ts";

Deno.test("the round trip is the shortest of the last ones, which a busy moment does not change", () => {
  const meter = new EchoMeter();
  assert.equal(meter.quality(0), null);
  for (const [i, rtt] of [10, 300, 12, 11, 13, 14].entries()) {
    const request = meter.request(i * 500);
    meter.reply(echoDatagram.replyTo(request), i * 500 + rtt);
  }
  const quality = meter.quality(3_000)!;
  assert.equal(quality.rttMs, 11);
  assert.equal(quality.lossPercent, 0);
  assert.equal(quality.jitterMs, (290 + 288 + 1 + 2 + 1) / 5);
});

Deno.test("what stays away for three seconds is lost, and forgotten after twenty", () => {
  const meter = new EchoMeter();
  const ask = (from: number, to: number) => {
    for (let i = from; i < to; i++) {
      const request = meter.request(i * 500);
      if (i !== 1) meter.reply(echoDatagram.replyTo(request), i * 500 + 5);
    }
  };
  ask(0, 7);
  assert.equal(meter.quality(3_500)!.lossPercent, 0);
  assert.equal(meter.quality(3_501)!.lossPercent, 2.5);
  ask(7, 41);
  assert.equal(meter.quality(20_500)!.lossPercent, 2.5);
  ask(41, 42);
  assert.equal(meter.quality(21_000)!.lossPercent, 0);
});

Deno.test("repeated and invented replies change nothing", () => {
  const meter = new EchoMeter();
  const reply = echoDatagram.replyTo(meter.request(0));
  meter.reply(reply, 10);
  meter.reply(reply, 1);
  meter.reply(echoDatagram.encode({ kind: "reply", seq: 77, clockUs: 0n }), 1);
  assert.equal(meter.quality(20)!.rttMs, 10);
});
