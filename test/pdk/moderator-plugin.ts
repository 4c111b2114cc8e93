// A plugin as people write them for Otoroshi, with the plain Extism PDK and nothing of ours: JSON in, JSON out, memory in Var.

interface Call {
  readonly message: { readonly kind: 'text' | 'binary'; readonly payload: string | number[] };
  readonly config: { readonly limit?: number };
}

export function on_request_message(): number {
  const { message, config } = JSON.parse(Host.inputString()) as Call;
  const count = Number(Var.getString('count') ?? '0') + 1;
  Var.set('count', String(count));
  if (typeof message.payload !== 'string') {
    Host.outputString(JSON.stringify({ message: { kind: 'binary', payload: [...message.payload].reverse() } }));
  } else if (message.payload.length > (config.limit ?? 140)) {
    console.warn(`${message.payload.length} characters are too many`);
    Host.outputString(JSON.stringify({ error: true, reason: 'too long', statusCode: 1009 }));
  } else if (message.payload !== 'as it is') {
    Host.outputString(JSON.stringify({ message: { payload: `${count}: ${message.payload} (${Config.get('greeting')})` } }));
  }
  return 0;
}

export function on_response_message(): number {
  const { message } = JSON.parse(Host.inputString()) as Call;
  Host.outputString(JSON.stringify({ message: { payload: `[RESPONSE]:${message.payload}` } }));
  return 0;
}
