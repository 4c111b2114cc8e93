/** The web's URL as a plugin has it (docs/guest.md), as far as it is needed here. */
declare const URL: new (url: string) => { readonly hostname: string };

/** A host in the form that a browser looks up: Punycode, addresses in four decimal numbers. Undefined if it is none. */
export function canonicalHost(host: string): string | undefined {
  try {
    return new URL(`http://${host}/`).hostname.replace(/\.$/, '') || undefined;
  } catch {
    return undefined;
  }
}

const ADDRESS = /^(?:\d+\.\d+\.\d+\.\d+|\[.*\])$/;

/** Whether a canonical host is an IP address. */
export function isAddress(host: string): boolean {
  return ADDRESS.test(host);
}

/** A host and all that it lies below, itself first: a.b.c, b.c, c. */
export function domainsOf(host: string): string[] {
  if (isAddress(host)) return [host];
  const labels = host.split('.');
  return labels.map((_, at) => labels.slice(at).join('.'));
}
