import { stripInvisible } from '../guest/invisible.js';
import { latinOf } from './confusables.js';

/** Printable ASCII, as most of chat is: only its case is folded. */
const UNEVEN = /[^ -~]/;
const MARKS = /[\u0300-\u036f]/g;
/** Folding may uncover what folds again: a mark that was hidden behind an invisible character. Each round takes something away. */
const MAX_ROUNDS = 8;

/**
 * A text as a reader takes it: compatibility forms, case, marks on letters, look-alikes of other scripts and characters that don't
 * show are evened out. Folding what is folded changes nothing. The result may be longer or shorter than the text.
 */
export function fold(text: string): string {
  if (!UNEVEN.test(text)) return text.toLowerCase();
  let folded = foldOnce(text);
  for (let round = 1; round < MAX_ROUNDS; round++) {
    const again = foldOnce(folded);
    if (again === folded) break;
    folded = again;
  }
  return folded;
}

function foldOnce(text: string): string {
  const plain = stripInvisible(text.normalize('NFKD')).toLowerCase().normalize('NFKD').replace(MARKS, '');
  return Array.from(plain, latinOf).join('').normalize('NFC');
}
