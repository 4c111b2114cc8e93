/** Ordinary insults, so that the plugin does something before it is configured. Bring your own list for a real community. */
export const DEFAULT_WORDS = [
  'idiot',
  'moron',
  'imbecile',
  'nitwit',
  'dimwit',
  'halfwit',
  'numbskull',
  'blockhead',
  'bonehead',
  'scumbag',
  'dirtbag',
  'drop dead',
] as const;
