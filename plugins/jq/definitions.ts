/** Functions that are written in jq itself, by name and number of parameters; compiled when a filter first needs them. */
const SOURCES: readonly string[] = [
  'def map(f): [.[] | f];',
  'def map_values(f): .[] |= f;',
  'def recurse(f; condition): recurse(f | select(condition));',
  'def select(f): if f then . else empty end;',
  'def values: select(. != null);',
  'def nulls: select(. == null);',
  'def booleans: select(type == "boolean");',
  'def numbers: select(type == "number");',
  'def strings: select(type == "string");',
  'def arrays: select(type == "array");',
  'def objects: select(type == "object");',
  'def iterables: select(type | . == "array" or . == "object");',
  'def scalars: select(type | . != "array" and . != "object");',
  'def finites: select(isinfinite or isnan | not);',
  'def normals: select(isnormal);',
  'def add(f): reduce f as $x (null; . + $x);',
  'def add: add(.[]);',
  'def any(generator; condition): isempty(first(generator | condition | select(.))) | not;',
  'def any(condition): any(.[]; condition);',
  'def any: any(.);',
  'def all(generator; condition): isempty(first(generator | condition | select(. | not)));',
  'def all(condition): all(.[]; condition);',
  'def all: all(.);',
  'def isvalid(f): try (f | true) catch false;',
  'def in(xs): . as $x | xs | has($x);',
  'def inside(xs): . as $x | xs | contains($x);',
  'def IN(s): any(s == .; .);',
  'def IN(source; s): any(source == s; .);',
  'def INDEX(stream; f): reduce stream as $row ({}; .[$row | f | tostring] = $row);',
  'def INDEX(f): INDEX(.[]; f);',
  'def to_entries: [keys_unsorted[] as $key | {$key, value: .[$key]}];',
  'def with_entries(f): to_entries | map(f) | from_entries;',
  'def del(f): delpaths([path(f)]);',
  'def pick(f): . as $whole | reduce path(f) as $path (null; setpath($path; $whole | getpath($path)));',
  'def paths: path(..) | select(length > 0);',
  'def paths(f): path(.. | select(f)) | select(length > 0);',
  'def leaf_paths: paths(scalars);',
  'def first: .[0];',
  'def last: .[-1];',
  'def nth($n): .[$n];',
  'def nth($n; f): if $n < 0 then error("Out of bounds negative array index") else last(limit($n + 1; f)) end;',
  'def combinations: if length == 0 then [] else .[0][] as $x | (.[1:] | combinations) as $rest | [$x] + $rest end;',
  'def combinations(n): . as $items | [range(n)] | map($items) | combinations;',
  'def walk(f): def w: if type == "object" then map_values(w) elif type == "array" then map(w) else . end | f; w;',
  'def todate: strftime("%Y-%m-%dT%H:%M:%SZ");',
  'def fromdateiso8601: strptime("%Y-%m-%dT%H:%M:%SZ") | mktime;',
  'def todateiso8601: todate;',
  'def fromdate: fromdateiso8601;',
  'def date: todate;',
  'def sort_by(f): _sort_by(map([f]));',
  'def group_by(f): _group_by(map([f]));',
  'def unique_by(f): [group_by(f)[] | .[0]];',
  'def unique: unique_by(.);',
  'def min_by(f): _min_by(map([f]));',
  'def max_by(f): _max_by(map([f]));',
  'def min: min_by(.);',
  'def max: max_by(.);',
  'def match($re): match($re; null);',
  'def match($re; $flags): _match($re; $flags)[];',
  'def test($re): test($re; null);',
  'def test($re; $flags): _match($re; $flags) | length > 0;',
  'def capture($re): capture($re; null);',
  'def capture($re; $flags): match($re; $flags) | [.captures[] | select(.name != null) | {key: .name, value: .string}] | from_entries;',
  'def scan($re): scan($re; null);',
  'def scan($re; $flags): match($re; "g" + $flags) | if (.captures | length) > 0 then [.captures[].string] else .string end;',
  'def splits($re): splits($re; null);',
  'def splits($re; $flags): split($re; $flags)[];',
  'def sub($re; replacement): sub($re; replacement; "");',
  'def gsub($re; replacement): sub($re; replacement; "g");',
  'def gsub($re; replacement; $flags): sub($re; replacement; $flags + "g");',
  `def sub($re; replacement; $flags): . as $text | def joined($rest; $from):
     if ($rest | length) == 0 then $text[$from:]
     else $rest[0] as $match
       | ([$match.captures[] | select(.name != null) | {key: .name, value: .string}] | from_entries | replacement) as $new
       | $text[$from:$match.offset] + $new + joined($rest[1:]; $match.offset + $match.length) end;
   joined(_match($re; $flags); 0);`,
  'def ascii: [.] | implode;',
  'def tostream: path(def r: (.[]? | r), .; r) as $p | getpath($p) | reduce path(.[]?) as $q ([$p, .]; [$p + $q]);',
  'def truncate_stream(stream): . as $depth | null | stream | if (.[0] | length) > $depth then .[0] |= .[$depth:] else empty end;',
  `def fromstream(stream): {x: null, e: false} as $start | foreach stream as $event ($start;
     if .e then $start else . end
     | if ($event | length) == 2 then setpath(["e"]; ($event[0] | length) == 0) | setpath(["x"] + $event[0]; $event[1])
       else setpath(["e"]; ($event[0] | length) == 1) end;
     if .e then .x else empty end);`,
];

const BY_NAME: ReadonlyMap<string, string> = new Map(SOURCES.map((source) => [nameOf(source), source]));

/** `name/parameters` of a definition. */
function nameOf(source: string): string {
  const [, name = '', parameters] = /^def (\w+)(?:\(([^)]*)\))?:/.exec(source) ?? [];
  return `${name}/${parameters === undefined ? 0 : parameters.split(';').length}`;
}

export function definitionOf(name: string): string | undefined {
  return BY_NAME.get(name);
}
