const MASK = '***';
const SECRET_KEY = /secret|passw|token|api[-_]?key|^key$|sha256|credential|authorization|cookie|private/i;

/**
 * A configuration to show: values under keys that sound like secrets, all values of `headers`, and user info and query values of
 * addresses are masked. What it takes for a secret it takes from the key, so a secret under a harmless name stays.
 */
export function maskSecrets(value: unknown, key = ''): unknown {
  if (Array.isArray(value)) return value.map((entry) => maskSecrets(entry, key));
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, key === 'headers' ? MASK : maskSecrets(entry, name)]));
  }
  if (typeof value !== 'string') return SECRET_KEY.test(key) && typeof value === 'number' ? MASK : value;
  return SECRET_KEY.test(key) ? MASK : maskAddress(value);
}

function maskAddress(text: string): string {
  if (!/^[a-z][a-z\d+.-]*:\/\//i.test(text) || !URL.canParse(text)) return text;
  const url = new URL(text);
  if (url.username === '' && url.password === '' && url.search === '') return text;
  if (url.username !== '') url.username = MASK;
  if (url.password !== '') url.password = MASK;
  for (const name of [...url.searchParams.keys()]) url.searchParams.set(name, MASK);
  return url.href;
}
