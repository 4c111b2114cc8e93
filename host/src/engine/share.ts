const BUCKETS = 10_000;

/**
 * Whether `key` is among `percent` of all keys: always the same answer for the same key and salt, and one that stays true when the share
 * grows. Another salt chooses other keys. To a hundredth of a percent. FNV-1a over UTF-16 units, finished as in MurmurHash3.
 */
export function isInShare(key: string, salt: string, percent: number): boolean {
  if (percent >= 100) return true;
  return bucketOf(`${salt}/${key}`) < Math.round((percent / 100) * BUCKETS);
}

function bucketOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) % BUCKETS;
}
