/** How loud sound is, as the root mean square of its samples. */

/** 0 for no samples. */
export function rmsOf(pcm: Int16Array): number {
  const meter = new LevelMeter();
  meter.add(pcm);
  return meter.rms;
}

/** The level of everything added so far. */
export class LevelMeter {
  #squares = 0;
  #samples = 0;

  add(pcm: Int16Array): void {
    let squares = 0;
    for (const sample of pcm) squares += sample * sample;
    this.#squares += squares;
    this.#samples += pcm.length;
  }

  get samples(): number {
    return this.#samples;
  }

  get rms(): number {
    return this.#samples === 0 ? 0 : Math.sqrt(this.#squares / this.#samples);
  }
}
