/** Something that handlers wait for, until a law opens it. */
export class Gate {
  readonly opened: Promise<void>
  #open = () => {}

  constructor() {
    this.opened = new Promise((resolve) => {
      this.#open = resolve
    })
  }

  open(): void {
    this.#open()
  }
}
