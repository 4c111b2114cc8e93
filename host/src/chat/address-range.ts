import ipaddr from 'ipaddr.js';

/** An address, or all that share its first bits. */
export interface AddressRange {
  /** `192.0.2.1`, `192.0.2.0/24`, `2001:db8::/32`: one text for each range, however it was written. */
  readonly text: string;
  readonly family: 'ipv4' | 'ipv6';
  readonly bits: number;
}

/** Reads an IP address or a range in CIDR notation (RFC 4632, RFC 4291 §2.3). An IPv4 address inside of IPv6 counts as IPv4. */
export function parseAddressRange(text: string): AddressRange | undefined {
  const [address = '', length, ...rest] = text.trim().split('/');
  if (rest.length > 0 || !isAddress(address)) return undefined;
  const parsed = ipaddr.process(address);
  const whole = parsed.kind() === 'ipv4' ? 32 : 128;
  if (length === undefined) return rangeOf(parsed, whole);
  if (!/^\d{1,3}$/.test(length)) return undefined;
  // ::ffff:192.0.2.0/120 is 192.0.2.0/24
  const bits = Number(length) - (ipaddr.parse(address).kind() === 'ipv6' && whole === 32 ? 96 : 0);
  return bits < 0 || bits > whole ? undefined : rangeOf(parsed, bits);
}

/** The range of so many bits that an address is in; `undefined`: it has fewer, or is another kind of address. */
export function rangeAround(address: AddressRange, family: AddressRange['family'], bits: number): AddressRange | undefined {
  if (address.family !== family || bits > address.bits) return undefined;
  return bits === address.bits ? address : rangeOf(ipaddr.parse(address.text), bits);
}

/** All four parts: what stands for an address in a file should look like one. */
function isAddress(text: string): boolean {
  return text.includes(':') ? ipaddr.IPv6.isValid(text) && !text.includes('%') : ipaddr.IPv4.isValidFourPartDecimal(text);
}

function rangeOf(address: ipaddr.IPv4 | ipaddr.IPv6, bits: number): AddressRange {
  const family = address.kind();
  const bytes = address.toByteArray().map((byte, index) => byte & (0xff00 >> Math.min(8, Math.max(0, bits - index * 8))) & 0xff);
  const network = ipaddr.fromByteArray(bytes).toString();
  return { text: bits === bytes.length * 8 ? network : `${network}/${bits}`, family, bits };
}
