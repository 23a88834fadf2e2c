/** A row of buttons of which one is pressed. */
export class Choice<Value extends string> {
  readonly #group: HTMLElement;

  /** @param act carries the choice out; the button stays pressed if it does not throw */
  constructor(group: HTMLElement, chosen: Value, act: (value: Value) => Promise<void>) {
    this.#group = group;
    this.set(chosen);
    group.addEventListener("click", ({ target }) => {
      const button = target instanceof HTMLElement ? target.closest("button") : null;
      const value = button?.dataset.value as Value | undefined;
      if (value === undefined || button?.ariaPressed === "true") return;
      const before = this.#chosen();
      this.set(value);
      group.toggleAttribute("data-busy", true);
      act(value)
        .catch(() => before && this.set(before))
        .finally(() => group.toggleAttribute("data-busy", false));
    });
  }

  set(value: Value): void {
    for (const button of this.#group.querySelectorAll("button")) {
      button.ariaPressed = String(button.dataset.value === value);
    }
  }

  #chosen(): Value | undefined {
    return this.#group.querySelector<HTMLElement>("[aria-pressed=true]")?.dataset.value as Value | undefined;
  }
}
