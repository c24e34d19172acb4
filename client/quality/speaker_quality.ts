/** How the packets of others arrive: what can be known of them without asking. Rooms do not tell who sent a packet. */
import type { PathFigures } from "./e_model.ts";

/** Packets that loss is taken from: 10 s of frames of 20 ms. */
const WINDOW = 500;
/** Numbers further ahead than this are another stream's, unless as much time has passed. */
const MAX_STEP = 50;
/** Of the time that skipped numbers stand for, as much has to have passed: the first ones after a break may come in a hurry. */
const BREAK_SHARE = 0.5;
/** As for RTP (RFC 3550): each deviation counts a sixteenth. */
const SMOOTHING = 1 / 16;
/** A pause between two packets longer than so many frames is silence and says nothing of the path. */
const MAX_GAP_FRAMES = 5;
const SEQ_SPACE = 0x1_0000;

export class SpeakerQuality {
  #last: { readonly seq: number; readonly at: number } | null = null;
  #jitterMs = 0;
  /** Of numbers, newest last: whether each came. */
  readonly #came: boolean[] = [];

  /** A packet with sound, on arrival. */
  arrived(seq: number, frameMs: number, now: number): void {
    const last = this.#last;
    if (last === null) {
      this.#push(true);
      this.#last = { seq, at: now };
      return;
    }
    const step = (seq - last.seq + SEQ_SPACE) % SEQ_SPACE;
    if (step === 0 || step > SEQ_SPACE - MAX_STEP) {
      this.#cameLate(SEQ_SPACE - step);
      return;
    }
    const gap = now - last.at;
    if (step <= MAX_STEP || isBreak(step, gap, frameMs)) {
      for (let i = 1; i < step; i++) this.#push(false);
    }
    this.#push(true);
    if (step <= MAX_STEP && gap < MAX_GAP_FRAMES * frameMs * step) {
      this.#jitterMs += (Math.abs(gap - frameMs * step) - this.#jitterMs) * SMOOTHING;
    }
    this.#last = { seq, at: now };
  }

  /** Null before the first packet. How far the speaker is nothing tells. */
  figures(): PathFigures | null {
    if (this.#last === null) return null;
    const lost = this.#came.filter((came) => !came).length;
    return { latencyMs: 0, jitterMs: this.#jitterMs, lossPct: 100 * lost / this.#came.length };
  }

  /** Overtaken by others, so not lost. */
  #cameLate(behind: number): void {
    const at = this.#came.length - 1 - behind;
    if (at >= 0) this.#came[at] = true;
  }

  #push(came: boolean): void {
    this.#came.push(came);
    if (this.#came.length > WINDOW) this.#came.shift();
  }
}

/** Whether a stream went on after a silence of the path; another speaker's numbers jump at once. */
function isBreak(step: number, gapMs: number, frameMs: number): boolean {
  return step <= WINDOW && gapMs >= BREAK_SHARE * step * frameMs;
}
