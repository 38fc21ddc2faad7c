import { UserError } from '../errors.ts'
import { printable } from '../printable.ts'
import { ByteReader } from './byte_reader.ts'
import { type PickleOpcode, pickleOpcodeName } from './pickle_opcodes.ts'

/*
 * A pickle is a program for a stack machine. Python's own reader lets it call any function; this one calls only the given
 * globals. An object of any other class becomes an InertObject, which keeps only the name of its class: training scripts store
 * their options with the weights. Any other use of an unknown global is refused with its name.
 */

/** A Python global that a pickle may name. Without `call` it can be passed around, but not called. */
export class PickleGlobal {
  constructor(
    readonly name: string,
    readonly call?: (args: PickleValue[]) => PickleValue,
  ) {}
}

/**
 * A class or a function that this reader does not know. A file may create objects of it, but may neither call it nor use it as a
 * value.
 */
class UnknownGlobal {
  constructor(readonly name: string) {}

  refusal(): UserError {
    return refusedGlobal(this.name)
  }
}

/** Stands for an object of a class that this reader does not know. Its contents are read and dropped. */
export class InertObject {
  constructor(readonly className: string) {}
}

/** A dict becomes a Map; a list, tuple or set an array; bytes a Uint8Array. A global's `call` may return other objects. */
export type PickleValue = null | boolean | number | bigint | string | object

interface UnpickleOptions {
  /** The globals that the file may use, by dotted name (`collections.OrderedDict`). */
  globals: ReadonlyMap<string, PickleGlobal>
  /** Returns the value for an object that is stored outside the pickle. */
  persistentLoad: (id: PickleValue) => PickleValue
}

/**
 * The limit on operations. The largest model with its optimizer takes a hundred thousand; each may cost a microsecond and a few
 * hundred bytes.
 */
const MAX_OPERATIONS = 300_000

/** The operation of each opcode. The loop handles STOP; an opcode that is not listed is refused. */
const OPERATIONS: Partial<Record<PickleOpcode, (machine: Machine) => void>> = {
  NONE: m => m.push(null),
  NEWTRUE: m => m.push(true),
  NEWFALSE: m => m.push(false),
  BININT: m => m.push(m.reader.int32()),
  BININT1: m => m.push(m.reader.uint8()),
  BININT2: m => m.push(m.reader.uint16()),
  LONG1: m => m.push(signedInteger(m.reader.take(m.reader.uint8()))),
  BINFLOAT: m => m.push(m.reader.float64BigEndian()),
  BINUNICODE: m => m.push(m.reader.text(m.reader.uint32())),
  SHORT_BINUNICODE: m => m.push(m.reader.text(m.reader.uint8())),
  BINSTRING: m => m.push(m.reader.text(m.reader.uint32())),
  SHORT_BINSTRING: m => m.push(m.reader.text(m.reader.uint8())),
  BINUNICODE8: m => m.push(m.reader.text(m.reader.uint64())),
  BINBYTES: m => m.push(m.reader.take(m.reader.uint32())),
  SHORT_BINBYTES: m => m.push(m.reader.take(m.reader.uint8())),
  BINBYTES8: m => m.push(m.reader.take(m.reader.uint64())),
  BYTEARRAY8: m => m.push(m.reader.take(m.reader.uint64())),

  MARK: m => m.marks.push(m.stack.length),
  EMPTY_TUPLE: m => m.push([]),
  TUPLE: m => m.push(m.popToMark()),
  TUPLE1: m => m.push(m.popMany(1)),
  TUPLE2: m => m.push(m.popMany(2)),
  TUPLE3: m => m.push(m.popMany(3)),
  EMPTY_LIST: m => m.push([]),
  APPEND: m => append(m, m.popMany(1)),
  APPENDS: m => append(m, m.popToMark()),
  EMPTY_SET: m => m.push([]),
  ADDITEMS: m => append(m, m.popToMark()),
  FROZENSET: m => m.push(m.popToMark()),
  EMPTY_DICT: m => m.push(new Map()),
  SETITEM: m => setItems(m, m.popMany(2)),
  SETITEMS: m => setItems(m, m.popToMark()),

  BINPUT: m => m.memo.set(m.reader.uint8(), m.top()),
  LONG_BINPUT: m => m.memo.set(m.reader.uint32(), m.top()),
  MEMOIZE: m => m.memo.set(m.memo.size, m.top()),
  BINGET: m => m.push(recall(m, m.reader.uint8())),
  LONG_BINGET: m => m.push(recall(m, m.reader.uint32())),

  GLOBAL: m => m.push(lookUp(m, [m.reader.line(), m.reader.line()])),
  STACK_GLOBAL: m => m.push(lookUp(m, m.popMany(2))),
  REDUCE: m => m.push(call(m.popMany(2))),
  NEWOBJ: m => m.push(newObject(m, 1)),
  NEWOBJ_EX: m => m.push(newObject(m, 2)),
  BUILD: m => build(m),
  BINPERSID: m => m.push(m.options.persistentLoad(m.pop())),

  // The protocol's number and the lengths of frames are not needed.
  PROTO: m => m.reader.take(1),
  FRAME: m => m.reader.take(8),
}

/**
 * Runs the pickle at the start of `bytes`. Returns its value and its length in bytes. Supports the parts of protocols 2 to 5 that
 * checkpoints use; throws a UserError for anything else.
 */
export function unpickle(
  bytes: Uint8Array,
  options: UnpickleOptions,
): { value: PickleValue; length: number } {
  const machine = new Machine(new ByteReader(bytes, 'pickle: the data'), options)
  for (let operations = 0; operations < MAX_OPERATIONS; operations++) {
    const opcode = pickleOpcodeName(machine.reader.uint8())
    if (!opcode) throw malformed('holds a byte that is no pickle opcode')
    if (opcode === 'STOP') return { value: machine.pop(), length: machine.reader.position }
    const operation = OPERATIONS[opcode]
    if (!operation) throw refusal(`uses pickle opcode ${opcode}`)
    operation(machine)
  }
  throw refusal(`runs more than ${MAX_OPERATIONS} pickle operations`)
}

class Machine {
  readonly stack: PickleValue[] = []
  /** The stack heights at the marks, for `popToMark`. */
  readonly marks: number[] = []
  readonly memo = new Map<number, PickleValue>()

  constructor(
    readonly reader: ByteReader,
    readonly options: UnpickleOptions,
  ) {}

  push(value: PickleValue): void {
    this.stack.push(value)
  }

  pop(): PickleValue {
    return this.popMany(1)[0]
  }

  /** Removes the topmost `count` values and returns them, the deepest first. */
  popMany(count: number): PickleValue[] {
    this.#expect(count)
    return known(this.stack.splice(this.stack.length - count))
  }

  popToMark(): PickleValue[] {
    const mark = this.marks.pop()
    if (mark === undefined) throw malformed('closes a group that it never opened')
    return known(this.stack.splice(mark))
  }

  /** Removes the topmost value, the class of a new object. */
  popClass(): PickleGlobal | UnknownGlobal {
    this.#expect(1)
    const value = this.stack.pop()
    if (value instanceof PickleGlobal || value instanceof UnknownGlobal) return value
    throw malformed('makes an object of what is not a class')
  }

  top(): PickleValue {
    if (this.stack.length === 0) throw malformed('takes a value from an empty stack')
    return this.stack[this.stack.length - 1]
  }

  #expect(count: number): void {
    // Operands are never below the last mark.
    if (this.stack.length - (this.marks.at(-1) ?? 0) < count)
      throw malformed('takes a value from an empty stack')
  }
}

function known(values: PickleValue[]): PickleValue[] {
  for (const value of values) if (value instanceof UnknownGlobal) throw value.refusal()
  return values
}

function append(machine: Machine, items: PickleValue[]): void {
  const list = machine.top()
  if (list instanceof InertObject) return
  if (!Array.isArray(list)) throw malformed('appends to what is not a list')
  for (const item of items) list.push(item)
}

function setItems(machine: Machine, keysAndValues: PickleValue[]): void {
  const dict = machine.top()
  if (dict instanceof InertObject) return
  if (!(dict instanceof Map)) throw malformed('sets an item of what is not a dict')
  if (keysAndValues.length % 2) throw malformed('sets a key without a value')
  for (let i = 0; i < keysAndValues.length; i += 2) dict.set(keysAndValues[i], keysAndValues[i + 1])
}

function recall(machine: Machine, key: number): PickleValue {
  const value = machine.memo.get(key)
  if (value === undefined) throw malformed(`recalls value ${key}, which it never stored`)
  return value
}

function lookUp(machine: Machine, [module, name]: PickleValue[]): PickleGlobal | UnknownGlobal {
  if (typeof module !== 'string' || typeof name !== 'string')
    throw malformed('names a global by what is not text')
  const fullName = `${module}.${name}`
  return machine.options.globals.get(fullName) ?? new UnknownGlobal(fullName)
}

/** The error for a file that uses a global, usually a class, in a way that is not supported. */
export function refusedGlobal(name: string): UserError {
  const asked = printable(name)
  return refusal(`asks for ${asked}; only tensors and plain values are loaded, such as a state_dict()`)
}

/** Constructs nothing: the arguments (positional ones, or positional and named ones) are dropped. */
function newObject(machine: Machine, lists: number): PickleValue {
  const [args] = machine.popMany(lists)
  const type = machine.popClass()
  return type instanceof PickleGlobal && type.call ? call([type, args]) : new InertObject(type.name)
}

function call([callee, args]: PickleValue[]): PickleValue {
  if (!(callee instanceof PickleGlobal) || !Array.isArray(args))
    throw malformed('calls what is not a function')
  if (!callee.call) throw refusal(`calls ${callee.name}`)
  return callee.call(args)
}

/** A state dict has the version numbers of its modules as attributes. They do not affect the tensors. */
function build(machine: Machine): void {
  machine.pop()
  const target = machine.top()
  if (!(target instanceof Map || target instanceof InertObject))
    throw refusal('sets the state of an object that is not a dict')
}

/** Two's complement, little-endian; a bigint above 2^53. */
function signedInteger(bytes: Uint8Array): number | bigint {
  const magnitude = bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n)
  const value = BigInt.asIntN(bytes.length * 8, magnitude)
  return Number.isSafeInteger(Number(value)) ? Number(value) : value
}

function refusal(what: string): UserError {
  return new UserError(`refused to load: the file ${what}`)
}

function malformed(what: string): UserError {
  return new UserError(`pickle: the data is damaged: it ${what}`)
}
