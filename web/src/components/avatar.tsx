const TONES = 8;

/** A name's initial on a colour that is always the same for that name. Decoration: the name stands beside it. */
export function Avatar({ name }: { name: string }) {
  const initial = [...name.trim()][0]?.toUpperCase() ?? '?';
  return (
    <span className={`avatar tone-${tone(name)}`} aria-hidden="true">
      {initial}
    </span>
  );
}

function tone(name: string): number {
  let hash = 7;
  for (const character of name) hash = (Math.imul(hash, 31) + (character.codePointAt(0) ?? 0)) >>> 0;
  return (hash ^ (hash >>> 7) ^ (hash >>> 15)) % TONES;
}
