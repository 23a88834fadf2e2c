/** Small numbers for texts, from 1 on, while somebody uses them. 0 stands for no text. */
export class Numbering {
  readonly #numbers = new Map<string, number>();
  readonly #texts: string[] = [""];
  readonly #uses: number[] = [0];
  readonly #free: number[] = [];

  /** Texts in use. */
  get size(): number {
    return this.#numbers.size;
  }

  /** @returns 0 for no text; must be given back with {@link release} */
  take(text: string | null | undefined): number {
    if (text === null || text === undefined || text === "") return 0;
    let number = this.#numbers.get(text);
    if (number === undefined) {
      number = this.#free.pop() ?? this.#texts.length;
      this.#numbers.set(text, number);
      this.#texts[number] = text;
      this.#uses[number] = 0;
    }
    this.#uses[number] = (this.#uses[number] ?? 0) + 1;
    return number;
  }

  release(number: number): void {
    if (number === 0) return;
    const left = (this.#uses[number] ?? 0) - 1;
    this.#uses[number] = left;
    if (left > 0) return;
    this.#numbers.delete(this.#texts[number] ?? "");
    this.#free.push(number);
  }
}
