// A field that saves itself and never loses what somebody is writing.

/** Ties an input to one value of a feature: saved on Enter (Ctrl+Enter where it has lines) and when it is left. */
export class HeldField {
  #field;
  #save;
  #node = 0;
  #kept = "";

  /** `save(node, text)` returns a promise of something true where it was saved. */
  constructor(field, save) {
    this.#field = field;
    this.#save = save;
    field.addEventListener("blur", () => this.commit());
    field.addEventListener("keydown", (event) => this.#press(event));
  }

  /** Whether it holds something that is not saved. */
  get changed() {
    return this.#field.value !== this.#kept;
  }

  /** Takes the value of a feature. Returns whether it is shown: what is being written for the same feature stays. */
  show(node, value) {
    const writing = this.#field.getRootNode().activeElement === this.#field;
    if (this.changed && node !== this.#node) this.commit();
    else if (this.changed && writing) return false;
    this.#node = node;
    this.#kept = value;
    if (this.#field.value !== value) this.#field.value = value;
    return true;
  }

  /** Saves what was written, if anything was. */
  async commit() {
    if (!this.changed) return;
    const [node, text, before] = [this.#node, this.#field.value, this.#kept];
    if (!this.#field.checkValidity()) {
      this.#field.value = before;
      return;
    }
    this.#kept = text;
    if (!(await this.#save(node, text)) && node === this.#node && this.#kept === text) this.#kept = before;
  }

  #press(event) {
    const lines = this.#field.localName === "textarea";
    if (event.key === "Escape") {
      event.stopPropagation();
      this.#field.value = this.#kept;
      this.#field.dispatchEvent(new Event("input"));
      this.#field.blur();
    } else if (event.key === "Enter" && (!lines || event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      this.commit();
    }
  }
}
