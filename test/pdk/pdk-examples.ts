/** What one part of the Extism JS PDK is documented to do: statements of a hook that end in `result = …`, and the value expected. */
export interface PdkExample {
  readonly name: string;
  readonly hook: string;
  readonly result: unknown;
}

/** One for each name that `@extism/js-pdk` 1.1.1 declares. `origin` in a hook: an HTTP server that answers with what it was asked. */
export const PDK_EXAMPLES: readonly PdkExample[] = [
  { name: 'Host.inputString', hook: `result = JSON.parse(Host.inputString()).message.payload;`, result: 'héllo €' },
  {
    name: 'Host.inputBytes',
    hook: `result = JSON.parse(new TextDecoder().decode(new Uint8Array(Host.inputBytes()))).message.kind;`,
    result: 'text',
  },
  { name: 'Host.outputString', hook: `result = Host.outputString('is replaced by the last output');`, result: true },
  { name: 'Host.outputBytes', hook: `result = Host.outputBytes(new TextEncoder().encode('as well').buffer);`, result: true },
  {
    name: 'Host.arrayBufferToBase64 and base64ToArrayBuffer',
    hook: `const text = Host.arrayBufferToBase64(new Uint8Array([0, 255, 16]).buffer);
      result = [text, [...new Uint8Array(Host.base64ToArrayBuffer(text))]];`,
    result: ['AP8Q', [0, 255, 16]],
  },
  { name: 'Config.get', hook: `result = [Config.get('greeting'), Config.get('none')];`, result: ['hi', null] },
  {
    name: 'Var.set, getString and getBytes',
    hook: `Var.set('text', 'ü'); Var.set('bytes', new Uint8Array([1, 2]).buffer);
      result = [Var.getString('text'), [...new Uint8Array(Var.getBytes('bytes'))], Var.getBytes('none'), Var.getString('none')];`,
    result: ['ü', [1, 2], null, null],
  },
  {
    name: 'Http.request',
    hook: `const { status, body } = Http.request({ url: origin + '/echo', method: 'POST', headers: { 'x-number': 7, 'x-truth': true } }, 'sent');
      result = [status, JSON.parse(body)];`,
    result: [201, { method: 'POST', number: '7', truth: 'true', body: 'sent' }],
  },
  {
    name: 'Memory.fromString, readString, readBytes, free',
    hook: `const block = Memory.fromString('añb'); result = [block.readString(), Number(block.len), [...new Uint8Array(block.readBytes())]]; block.free();`,
    result: ['añb', 4, [97, 195, 177, 98]],
  },
  {
    name: 'Memory.fromBuffer and fromJsonObject, readJsonObject',
    hook: `result = [Memory.fromBuffer(new Uint8Array([104, 105]).buffer).readString(), Memory.fromJsonObject({ a: [1] }).readJsonObject()];`,
    result: ['hi', { a: [1] }],
  },
  {
    name: "Memory's numbers",
    hook: `result = [Memory.allocUInt32(4294967295).readUInt32(), String(Memory.allocUInt64(2n ** 63n).readUInt64()),
        Memory.allocFloat32(1.5).readFloat32(), Memory.allocFloat64(-0.1).readUFloat64()];`,
    result: [4294967295, '9223372036854775808', 1.5, -0.1],
  },
  {
    name: 'Memory.find and new MemoryHandle',
    hook: `const { offset, len } = Memory.fromString('found'); result = [Memory.find(offset).readString(), new MemoryHandle(offset, len).readString()];`,
    result: ['found', 'found'],
  },
  {
    name: 'console',
    hook: `for (const level of ['log', 'debug', 'info', 'warn', 'error']) console[level]('%s', level); result = typeof console;`,
    result: 'object',
  },
  {
    name: 'TextEncoder and TextDecoder',
    hook: `result = new TextDecoder('utf-8').decode(new TextEncoder().encode('€'));`,
    result: '€',
  },
  {
    name: 'URL and URLSearchParams',
    hook: `const url = new URL('../b?x=1', 'https://example.com/a/c'); url.searchParams.set('y', '2'); result = [url.href, JSON.stringify(url)];`,
    result: ['https://example.com/b?x=1&y=2', '"https://example.com/b?x=1&y=2"'],
  },
  { name: 'an async hook', hook: `const texts = await Promise.all(['a', Promise.resolve('b')]); result = texts.join('');`, result: 'ab' },
  { name: 'Date', hook: `result = Number.isInteger(Date.now()) && new Date(0).toISOString();`, result: '1970-01-01T00:00:00.000Z' },
  {
    name: 'Host.getFunctions, which says what to do instead',
    hook: `try { Host.getFunctions(); } catch (error) { result = error.message; }`,
    result:
      'Host.getFunctions(): this host has no functions of its own for plugins. Use fetch or Http.request to reach a service, Var to keep values and Config to read settings',
  },
];
