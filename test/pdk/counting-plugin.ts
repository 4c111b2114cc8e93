// The least that a plugin for Otoroshi does, with the plain Extism PDK: reads its call as JSON, looks at the message, counts it in Var, and
// says that the message goes on as it is. The bench runs it here and under @extism/extism.

interface Call {
  readonly message: { readonly kind: 'text' | 'binary'; readonly payload: string | number[] };
  readonly config: { readonly limit?: number };
}

function judge(direction: string): number {
  const { message, config } = JSON.parse(Host.inputString()) as Call;
  if (message.payload.length > (config.limit ?? 4096)) {
    Host.outputString(JSON.stringify({ error: true, reason: 'too long', statusCode: 1009 }));
    return 0;
  }
  Var.set(direction, String(Number(Var.getString(direction) ?? '0') + 1));
  Host.outputString(JSON.stringify({ message }));
  return 0;
}

export const on_request_message = (): number => judge('requests');
export const on_response_message = (): number => judge('responses');
