import { type AddressInfo, createServer, type Server } from 'node:net';
import { HostError } from '../errors.js';

/** Where a server is to listen. */
export interface ListenOptions {
  readonly host: string;
  readonly port: number;
  /** What listens there, if it is not the gateway itself. */
  readonly part?: 'admin';
}

/** Has a server listen. Rejects with PORT_TAKEN or LISTEN_FAILED. */
export async function listen(server: Server, options: ListenOptions): Promise<AddressInfo> {
  const { host, port } = options;
  await new Promise<void>((resolve, reject) => {
    const failed = (error: NodeJS.ErrnoException): void => reject(listenError(error, options));
    server.once('error', failed);
    server.listen({ host, port }, () => {
      server.off('error', failed);
      resolve();
    });
  });
  return server.address() as AddressInfo;
}

/** Tries whether a server could listen there now, and takes nobody in. Rejects as {@link listen} does. */
export async function tryListen(options: ListenOptions): Promise<void> {
  const server = createServer((socket) => socket.destroy());
  await listen(server, options);
  await new Promise((closed) => server.close(closed));
}

function listenError(error: NodeJS.ErrnoException, { host, port, part }: ListenOptions): HostError {
  const which = part === undefined ? '' : ` (${part})`;
  const hint = part && { hint: `Set ${part}.host and ${part}.port to an address that is free.` };
  if (error.code === 'EADDRINUSE')
    return new HostError('PORT_TAKEN', `Port ${port} on ${host}${which} is in use by another program.`, { cause: error, ...hint });
  return new HostError('LISTEN_FAILED', `Cannot listen on ${host} port ${port}${which}: ${error.message}.`, { cause: error, ...hint });
}
