import { domainToASCII, domainToUnicode } from 'node:url';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { toUnicode } from './punycode.js';

it('decodes what a browser encodes', () => {
  const label = fc.string({ unit: fc.constantFrom(...'abcäöüßжиéñ日本語한글-09'), minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(fc.array(label, { minLength: 1, maxLength: 3 }), (labels) => {
      const ascii = domainToASCII(labels.join('.'));
      fc.pre(ascii !== '' && ascii.split('.').every(({ length }) => length <= 63));
      expect(toUnicode(ascii)).toBe(domainToUnicode(ascii));
    }),
    { numRuns: 500 },
  );
});

it('leaves what is no Punycode as it is', () => {
  for (const host of ['example.com', 'xn--', 'xn--é', 'xn--99999999', `xn--${'a'.repeat(100)}`]) expect(toUnicode(host)).toBe(host);
});
