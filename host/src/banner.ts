import type { AddressInfo } from 'node:net';
import pico from 'picocolors';
import type { Host } from './host.js';

/** What the command prints when the host is up: where to go, and what runs there. Colours only if `colour`. */
export function banner(host: Host, address: AddressInfo, version: string, colour: boolean): string {
  const paint = pico.createColors(colour);
  const at = visibleHost(address);
  const lines = [`${paint.bold(paint.green('framegate'))} ${paint.dim(version)}`, ''];
  if (host.page) lines.push(`  ${paint.dim('chat page')}  ${paint.cyan(`http://${at}/`)}`);
  for (const route of host.routes) {
    const target = `ws://${route.host === undefined ? at : `${route.host}:${address.port}`}${route.path}`;
    lines.push(`  ${paint.dim('websocket')}  ${paint.cyan(target)} ${paint.dim(`→ ${route.backend}`)}`);
    const plugins = route.plugins.map((plugin) => `${plugin.name}${plugin.version === undefined ? '' : paint.dim(` ${plugin.version}`)}`);
    lines.push(`  ${paint.dim('plugins')}    ${plugins.length === 0 ? paint.dim('none') : plugins.join(', ')}`);
  }
  if (host.adminAddress !== undefined) {
    const key = host.adminKeyFile === undefined ? '' : paint.dim(` key in ${host.adminKeyFile}`);
    lines.push(`  ${paint.dim('admin')}      ${paint.cyan(`http://${visibleHost(host.adminAddress)}/`)}${key}`);
  }
  return `${lines.join('\n')}\n`;
}

function visibleHost({ address, family, port }: AddressInfo): string {
  if (['127.0.0.1', '::1', '0.0.0.0', '::'].includes(address)) return `localhost:${port}`;
  return family === 'IPv6' ? `[${address}]:${port}` : `${address}:${port}`;
}
