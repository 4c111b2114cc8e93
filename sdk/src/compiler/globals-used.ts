/** Names by which JavaScript's own compiler is reached. */
const COMPILES = /(?<![\w$])(?:eval|Function)(?![\w$])/;

/** Whether a script may compile source while it runs. Errs on the side of yes: the words count wherever they stand. */
export function usesEval(code: string): boolean {
  return COMPILES.test(code);
}
