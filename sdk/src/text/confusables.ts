/**
 * Letters that look like lower-case Latin ones and have no compatibility decomposition, after the shapes in Unicode's confusables
 * (UTS #39): Cyrillic, Greek, Armenian, small capitals, crossed letters, Lisu. Strings: a map of 150 members would be 15 KB more.
 */
const LOOKALIKES: readonly (readonly [letters: string, latin: string])[] = [
  ['авекмнорстухіѕјԛԝӏһԁьгпѵ', 'abekmhopctyxisjqwlhdbrnv'],
  ['αβγεηικνορτυχωςϳ', 'abyenikvoptuxwcj'],
  ['օսոհց', 'ounhg'],
  ['ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ', 'abcdefghijklmnoprstuvwyz'],
  ['ıɩɑɡłøđðħŧƀɓɗɛɔƒ', 'iiaglodd' + 'htbbdeof'],
  ['ꓐꓑꓓꓔꓖꓗꓙꓚꓜꓝꓟꓠꓡꓢꓣꓦꓧꓪꓫꓬꓮꓰꓲꓳꓴ', 'bpdtgkjczfmnlsrvhwxyaeiou'],
];

const LATIN = new Map(LOOKALIKES.flatMap(([letters, latin]) => Array.from(letters, (letter, at) => [letter, latin.charAt(at)] as const)));

/** The Latin letter that a lower-case letter looks like; the letter itself if there is none. */
export function latinOf(letter: string): string {
  return LATIN.get(letter) ?? letter;
}
