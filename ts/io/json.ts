/**
 * JSON of unknown origin. Objects become maps, so that no key of a file can reach a prototype; a key given twice,
 * more depth or more values than allowed and halves of surrogate pairs are errors.
 */

import { FormatError } from '../errors';
import { checkLimit, type Limits } from './limits';

/** A value of JSON; an object is a map. */
export type Json = null | boolean | number | string | readonly Json[] | ReadonlyMap<string, Json>;

/**
 * Reads a JSON text (RFC 8259).
 *
 * @param where - Begins error messages.
 * @throws {FormatError} naming the position when it is no JSON or an object has a key twice.
 * @throws {LimitError} when it is deeper or has more values than allowed.
 */
export function parseJson(text: string, where: string, limits: Limits): Json {
  return new Parser(text, where, limits).document();
}

/** Whether a string can be written as UTF-8: it has no half of a surrogate pair. */
export function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}

const spaces = /[ \t\n\r]*/y;
const number = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON forbids control characters in strings.
const string = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const words: ReadonlyMap<string, Json> = new Map<string, Json>([
  ['true', true],
  ['false', false],
  ['null', null],
]);

class Parser {
  readonly #text: string;
  readonly #where: string;
  readonly #limits: Limits;
  #at = 0;
  #values = 0;

  constructor(text: string, where: string, limits: Limits) {
    this.#text = text;
    this.#where = where;
    this.#limits = limits;
  }

  document(): Json {
    const value = this.#value(1);
    this.#skip();
    if (this.#at !== this.#text.length) throw this.#error('the end');
    return value;
  }

  #value(depth: number): Json {
    checkLimit(++this.#values, this.#limits.jsonValues, this.#where, 'values of JSON');
    this.#skip();
    const first = this.#text[this.#at];
    if (first === '{' || first === '[') {
      checkLimit(depth, this.#limits.jsonDepth, this.#where, 'levels of JSON');
      return first === '{' ? this.#object(depth) : this.#list(depth);
    }
    if (first === '"') return this.#string();
    const token = this.#match(number);
    if (token !== undefined) return Number(token);
    for (const [word, value] of words) {
      if (this.#text.startsWith(word, this.#at)) {
        this.#at += word.length;
        return value;
      }
    }
    throw this.#error('a value');
  }

  #object(depth: number): ReadonlyMap<string, Json> {
    const object = new Map<string, Json>();
    this.#at++;
    if (this.#takes('}')) return object;
    do {
      this.#skip();
      const start = this.#at;
      const key = this.#string();
      if (object.has(key)) {
        this.#at = start;
        throw this.#error(`the key ${JSON.stringify(key.slice(0, 40))} once`, 'it again');
      }
      if (!this.#takes(':')) throw this.#error('":"');
      object.set(key, this.#value(depth + 1));
    } while (this.#takes(','));
    if (!this.#takes('}')) throw this.#error('"," or "}"');
    return object;
  }

  #list(depth: number): readonly Json[] {
    const list: Json[] = [];
    this.#at++;
    if (this.#takes(']')) return list;
    do list.push(this.#value(depth + 1));
    while (this.#takes(','));
    if (!this.#takes(']')) throw this.#error('"," or "]"');
    return list;
  }

  #string(): string {
    const start = this.#at;
    const token = this.#match(string);
    if (token === undefined) throw this.#error('a string');
    const value = token.includes('\\') ? (JSON.parse(token) as string) : token.slice(1, -1);
    if (!isWellFormed(value)) {
      this.#at = start;
      throw this.#error('whole characters', 'half of a surrogate pair');
    }
    return value;
  }

  #takes(character: string): boolean {
    this.#skip();
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  #skip(): void {
    this.#match(spaces);
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const [token] = pattern.exec(this.#text) ?? [];
    if (token !== undefined) this.#at += token.length;
    return token;
  }

  #error(expected: string, got?: string): FormatError {
    const rest = this.#text.slice(this.#at, this.#at + 20);
    return new FormatError(
      `${this.#where}: expected JSON with ${expected} at character ${this.#at}, got ${got ?? (rest === '' ? 'the end' : JSON.stringify(rest))}`,
    );
  }
}

/** Objects instead of maps, without prototypes: no key of a file finds anything that the file does not hold. */
export function toPlain(json: Json): unknown {
  if (Array.isArray(json)) return (json as readonly Json[]).map(toPlain);
  if (!(json instanceof Map)) return json;
  const object = Object.create(null) as Record<string, unknown>;
  for (const [key, value] of json as ReadonlyMap<string, Json>) object[key] = toPlain(value);
  return object;
}
