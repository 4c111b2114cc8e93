/**
 * Cyrillic and Greek letters beside the Latin ones that they are drawn like: the letters of those two scripts that Unicode's
 * confusables.txt (UTS #39) or a common typeface maps to a single letter of A–Z. Capitals and small letters differ: Η is H, η is n.
 * A table of its own: the host imports nothing of the sdk but its ABI (test/look-alikes.test.ts: they agree).
 */
const PAIRS = [
  ['АВЕЅІЈКМНОРСТУҮХԌҺԚԜӀ', 'ABESIJKMHOPCTYYXGHQWI'],
  ['авеѕіјкмнорстуүхгһԁԛԝпѵӏ', 'abesijkmhopctyyxrhdqwnvl'],
  ['ΑΒΕΖΗΙΚΜΝΟΡΤΥΧϹϺ', 'ABEZHIKMNOPTYXCM'],
  ['αβγηικνορστυχςϳ', 'abynikvopotuxcj'],
] as const;

const LATIN: ReadonlyMap<string, string> = new Map(
  PAIRS.flatMap(([letters, latin]) => Array.from(letters, (letter, index): [string, string] => [letter, latin[index] ?? letter])),
);

/** A name with Cyrillic and Greek look-alikes as the Latin letters that people take them for. For comparison only: it is no spelling. */
export function foldLookAlikes(name: string): string {
  return name.normalize('NFKC').replace(/[\p{Script=Cyrillic}\p{Script=Greek}]/gu, (letter) => LATIN.get(letter) ?? letter);
}
