/** A string value (not a member's name) in a JSON document, with the range of its literal, quotes included. */
export interface JsonString {
  readonly value: string;
  /** The name of the member whose value it is; undefined in an array or at the top. */
  readonly member: string | undefined;
  readonly start: number;
  readonly end: number;
}

const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],:]/g;

/** Every string value of a document that `JSON.parse` accepts, in order. On any other text the result means nothing. */
export function jsonStrings(json: string): JsonString[] {
  const strings: JsonString[] = [];
  /** One entry an open bracket: whether it is an object's. */
  const open: boolean[] = [];
  let member: string | undefined;
  let isName = false;
  TOKEN.lastIndex = 0;
  for (let match = TOKEN.exec(json); match !== null; match = TOKEN.exec(json)) {
    const token = match[0];
    switch (token) {
      case '{':
      case '[':
        open.push(token === '{');
        isName = token === '{';
        member = undefined;
        break;
      case '}':
      case ']':
        open.pop();
        isName = false;
        member = undefined;
        break;
      case ',':
        isName = open.at(-1) === true;
        member = undefined;
        break;
      case ':':
        isName = false;
        break;
      default: {
        const value: unknown = JSON.parse(token);
        if (typeof value !== 'string') break;
        if (isName) member = value;
        else strings.push({ value, member, start: match.index, end: match.index + token.length });
      }
    }
  }
  return strings;
}

/** Whether brackets in the text, those in strings apart, are open more than `depth` deep. Cheap for text with few brackets. */
export function isNestedBeyond(json: string, depth: number): boolean {
  if (json.length <= depth || json.split('[').length + json.split('{').length - 2 <= depth) return false;
  let open = 0;
  TOKEN.lastIndex = 0;
  for (let match = TOKEN.exec(json); match !== null; match = TOKEN.exec(json)) {
    if (match[0] === '{' || match[0] === '[') open++;
    else if (match[0] === '}' || match[0] === ']') open--;
    if (open > depth) return true;
  }
  return false;
}

/** A JSON literal of the string. Lone surrogates are escaped, so the result is well-formed Unicode. */
export function quote(text: string): string {
  return JSON.stringify(text);
}
