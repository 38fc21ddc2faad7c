// Prints a JSON array whose entries become known one after the other.

export class JsonArray {
  #before = '[\n'

  add(entry: unknown): void {
    process.stdout.write(this.#before + JSON.stringify(entry, undefined, 2).replace(/^/gm, '  '))
    this.#before = ',\n'
  }

  end(): void {
    process.stdout.write(this.#before === ',\n' ? '\n]\n' : '[]\n')
  }
}
