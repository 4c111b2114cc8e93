// `npm run docs`: the API's reference, docs/api/*.md, from the declarations and docstrings of the packages' entry points.
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import ts from 'typescript';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const OUT = join(root, 'docs/api');
const NOTE = '<!-- Written by `npm run docs` from the docstrings in the source. Do not edit it here. -->';

/** One page each: what is imported, where it begins, and what for. */
const PAGES = [
  {
    page: 'sdk',
    name: '@framegate/sdk',
    entry: 'sdk/src/index.ts',
    about: 'For plugins in TypeScript: the definition, frames, verdicts, state.',
  },
  { page: 'text', name: '@framegate/sdk/text', entry: 'sdk/src/text/index.ts', about: 'For plugins that look at what people write.' },
  {
    page: 'testing',
    name: '@framegate/sdk/testing',
    entry: 'sdk/src/testing/index.ts',
    about: 'For tests and benchmarks of plugins. Needs `@framegate/host`.',
  },
  {
    page: 'compiler',
    name: '@framegate/sdk/compiler',
    entry: 'sdk/src/compiler/index.ts',
    about: 'For build scripts: source to Wasm, and what a module is.',
  },
  {
    page: 'abi',
    name: '@framegate/sdk/abi',
    entry: 'sdk/src/abi/index.ts',
    about: 'The ABI as types and constants; its words are in [abi.md](../abi.md).',
  },
  {
    page: 'host',
    name: '@framegate/host',
    entry: 'host/src/index.ts',
    about: 'The host in a program of yours. Its options are in [config.schema.json](../../host/src/config/config.schema.json).',
  },
  {
    page: 'assemblyscript',
    name: '@framegate/sdk/assemblyscript',
    entry: 'sdk/assemblyscript/index.ts',
    about: 'For plugins in AssemblyScript.',
  },
];

const SHARED = {
  noEmit: false,
  composite: false,
  declaration: true,
  emitDeclarationOnly: true,
  declarationMap: false,
  rootDir: root,
  outDir: '/declarations',
};

/** Sources stand for the packages, so that nothing has to be built before. */
function typescriptProgram(entries) {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.base.json'), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent({ ...config, files: [] }, ts.sys, root);
  return ts.createProgram(entries, {
    ...options,
    ...SHARED,
    types: ['node'],
    lib: ['lib.es2023.d.ts', 'lib.es2024.string.d.ts'],
    paths: {
      '@framegate/sdk': [join(root, 'sdk/src/index.ts')],
      '@framegate/sdk/*': [join(root, 'sdk/src/*/index.ts')],
      '@framegate/host': [join(root, 'host/src/index.ts')],
    },
  });
}

function assemblyscriptProgram(entries) {
  const std = join(root, 'node_modules/assemblyscript/std');
  const { config } = ts.readConfigFile(join(std, 'assembly.json'), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent({ ...config, files: [] }, ts.sys, std);
  return ts.createProgram(entries, { ...options, ...SHARED });
}

/** Every declaration as the compiler writes it: without bodies, with docstrings, with the types that it has found out. */
function emitDeclarations(program) {
  const emitted = new Map();
  program.emit(undefined, (file, text) => emitted.set(file, text), undefined, true);
  return (source) => {
    const file = `/declarations/${relative(root, source).replace(/\.ts$/, '.d.ts')}`;
    return ts.createSourceFile(file, emitted.get(file) ?? '', ts.ScriptTarget.ESNext, true);
  };
}

const GROUPS = ['Functions and values', 'Classes', 'Types'];

function groupOf(statement) {
  if (ts.isClassDeclaration(statement)) return 'Classes';
  return ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement) ? 'Types' : 'Functions and values';
}

function namesOf(statement) {
  if (ts.isVariableStatement(statement)) return statement.declarationList.declarations.map(({ name }) => name.getText());
  return statement.name === undefined ? [] : [statement.name.getText()];
}

/** What an entry point exports, under the names that it gives: `{ name, group, about, code }`. */
function exportsOf(program, entry, declarationsOf) {
  const checker = program.getTypeChecker();
  const module = checker.getSymbolAtLocation(program.getSourceFile(entry));
  return checker.getExportsOfModule(module).map((symbol) => {
    const target = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
    const [declaration] = target.declarations ?? [];
    const file = declarationsOf(declaration.getSourceFile().fileName);
    const statements = file.statements.filter((statement) => namesOf(statement).includes(target.name));
    if (statements.length === 0) throw new Error(`${entry} exports ${symbol.name}, which is not declared in ${file.fileName}`);
    const code = statements.map((statement) => codeOf(statement)).join('\n');
    return { name: symbol.name, group: groupOf(statements[0]), about: aboutOf(statements[0]), code };
  });
}

function aboutOf(statement) {
  const comments = ts.getJSDocCommentsAndTags(statement).filter(ts.isJSDoc);
  return (ts.getTextOfJSDocComment(comments.at(-1)?.comment) ?? '')
    .replace(/\{@link (\w+)\}/g, '`$1`')
    .replace(/\s*\n\s*/g, ' ')
    .trim();
}

/** Without what nobody outside can use: private members, and constructors that take the runtime's own parts. */
function codeOf(statement) {
  const text = statement
    .getText()
    .replace(/^export (declare )?(default )?/, '')
    .replace(/^declare /, '');
  const lines = text.split('\n').filter((line) => !/^\s*(#private;|private |constructor\((native|subject|store): )/.test(line));
  // An interface that is written out in a class's constructor is one line for the compiler; docstrings of what was taken out go with it.
  return lines
    .join('\n')
    .replace(/\n\s*\/\*\*(?:[^*]|\*(?!\/))*\*\/(?=\n\s*(?:\}|\/\*\*))/g, '')
    .replace(/^ {4}/gm, '  ')
    .replace(/^ {6,}/gm, (blanks) => ' '.repeat(2 + (blanks.length - 2) / 2));
}

function render({ name, about }, exported) {
  const lines = [NOTE, '', `# ${name}`, '', about];
  for (const group of GROUPS) {
    const members = exported.filter((one) => one.group === group).sort((one, other) => (one.name < other.name ? -1 : 1));
    if (members.length === 0) continue;
    lines.push('', `## ${group}`);
    for (const { name, about, code } of members)
      lines.push('', `### ${name}`, '', ...(about === '' ? [] : [about, '']), '```ts', code, '```');
  }
  return `${lines.join('\n')}\n`;
}

/**
 * The files of docs/api by their names. `onMissing` hears of every export without a docstring.
 *
 * @param {(name: string) => void} onMissing
 * @returns {Map<string, string>}
 */
export function apiPages(onMissing) {
  const files = new Map();
  for (const [pages, programOf] of [
    [PAGES.filter(({ page }) => page !== 'assemblyscript'), typescriptProgram],
    [PAGES.filter(({ page }) => page === 'assemblyscript'), assemblyscriptProgram],
  ]) {
    const program = programOf(pages.map(({ entry }) => join(root, entry)));
    const declarationsOf = emitDeclarations(program);
    for (const page of pages) {
      const exported = exportsOf(program, join(root, page.entry), declarationsOf);
      for (const { name, about } of exported) if (about === '') onMissing(`${page.name}: ${name}`);
      files.set(`${page.page}.md`, render(page, exported));
    }
  }
  const list = PAGES.map(({ page, name, about }) => `| [\`${name}\`](${page}.md) | ${about} |`);
  files.set('README.md', [NOTE, '', '# API', '', '| import | what for |', '|---|---|', ...list, ''].join('\n'));
  return files;
}

if (import.meta.url === pathToFileURL(resolve(process.argv[1] ?? '')).href) {
  const files = apiPages((name) => console.warn(`without a docstring: ${name}`));
  mkdirSync(OUT, { recursive: true });
  for (const file of readdirSync(OUT)) if (!files.has(file)) rmSync(join(OUT, file));
  for (const [file, text] of files) writeFileSync(join(OUT, file), text);
  console.log(`wrote ${files.size} files to ${relative(process.cwd(), OUT)}`);
}
