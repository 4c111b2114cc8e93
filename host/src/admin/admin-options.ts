import * as z from 'zod';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/** viewer: sees everything but the configuration. operator: also changes what clients and plugins do. admin: also sees the configuration and stops the host. */
export const ROLES = ['viewer', 'operator', 'admin'] as const;
export type Role = (typeof ROLES)[number];

const roleSchema = z.enum(ROLES);

const apiKeySchema = z
  .strictObject({
    name: z.string().min(1).max(64).describe('Who uses it; stands in the audit log.'),
    role: roleSchema.describe(
      'viewer sees everything but the configuration, operator also changes what clients and plugins do, admin also sees the configuration and stops the host.',
    ),
    key: z.string().min(16, 'Expected at least 16 characters').max(512).optional().describe('The key itself. Better: sha256 or env.'),
    sha256: z
      .string()
      .regex(/^[\da-f]{64}$/i, 'Expected 64 hexadecimal digits')
      .optional()
      .describe('SHA-256 of the key in hexadecimal, so that the key does not stand here.'),
    env: z.string().min(1).optional().describe('Environment variable that has the key.'),
  })
  .refine(({ key, sha256, env }) => [key, sha256, env].filter((value) => value !== undefined).length === 1, {
    error: 'has to have exactly one of key, sha256 and env',
  })
  .describe('One key: give its text, its hash, or where it stands.');

const jwtSchema = z
  .strictObject({
    secret: z.string().min(32, 'Expected at least 32 characters').optional().describe('Shared secret (HS256).'),
    secretEnv: z.string().min(1).optional().describe('Environment variable that has the shared secret.'),
    jwksUrl: z
      .url({ protocol: /^https?$/, error: 'Expected the address of a JWKS, such as https://login.example.com/.well-known/jwks.json' })
      .optional()
      .describe("Address of the issuer's public keys (JWKS)."),
    issuer: z.string().min(1).describe('The `iss` that a token must have.'),
    audience: z.string().min(1).optional().describe('The `aud` that a token must have. Default: any.'),
    rolesClaim: z.string().min(1).default('roles').describe('The claim that has the role, or a list of them. Default roles.'),
    roles: z
      .record(z.string(), roleSchema)
      .default({ viewer: 'viewer', operator: 'operator', admin: 'admin' })
      .describe('Which role a value of that claim stands for; of several the highest counts. Default: each for itself.'),
  })
  .refine(({ secret, secretEnv, jwksUrl }) => [secret, secretEnv, jwksUrl].filter((value) => value !== undefined).length === 1, {
    error: 'has to have exactly one of secret, secretEnv and jwksUrl',
  })
  .describe('JSON Web Tokens of an identity provider. A token has to have `exp`.');

/** The `admin` section of the configuration. Absent: there is no admin listener. */
export const adminOptionsSchema = z
  .strictObject({
    host: z
      .string()
      .min(1)
      .default('127.0.0.1')
      .describe('Address to bind. Beyond loopback put TLS in front: keys travel with every request. Default 127.0.0.1.'),
    port: z.int().min(0).max(65_535).default(4445).describe('TCP port; 0 lets the system choose. Default 4445.'),
    hosts: z
      .union([z.enum(['auto', '*']), z.array(z.string().min(1))])
      .default('auto')
      .describe('Host names that are answered, as in server.hosts. Default auto: on loopback only localhost.'),
    apiKeys: z
      .array(apiKeySchema)
      .default([])
      .describe('Keys and their roles. Default: none; then, unless there is `jwt`, an admin key is made in keyFile.'),
    keyFile: z
      .string()
      .min(1)
      .default('framegate-admin.key')
      .describe(
        'File with the admin key where neither apiKeys nor jwt are given, relative to the configuration; made with a random key, readable for its owner only, if it does not exist. Default framegate-admin.key.',
      ),
    jwt: jwtSchema.optional(),
    page: z.boolean().default(true).describe('Whether the dashboard is served at / of this listener. Default true.'),
    publicMetrics: z.boolean().default(false).describe('Whether /metrics is answered without a key. Default false: it takes a viewer.'),
    sessionMs: z
      .int()
      .min(MINUTE_MS)
      .max(30 * DAY_MS)
      .default(8 * 60 * MINUTE_MS)
      .describe('Milliseconds that a login lasts. Default 8 hours.'),
    maxSessions: z.int().min(1).max(100_000).default(1_000).describe('Logins at once; of more the oldest end. Default 1000.'),
    requestsPerMinute: z.int().min(1).max(1_000_000).default(600).describe('Requests from one address; above it 429. Default 600.'),
    failuresPerMinute: z
      .int()
      .min(1)
      .max(10_000)
      .default(10)
      .describe('Wrong keys and tokens from one address; above it everything from there gets 429 for a minute. Default 10.'),
    auditSize: z.int().min(1).max(100_000).default(1_000).describe('Changes that GET /audit remembers. Default 1000.'),
    maxEventStreams: z.int().min(1).max(10_000).default(32).describe('Open /events streams; one more gets 429. Default 32.'),
  })
  .describe('The admin API and /metrics, on a listener of their own. Absent: there is none. {} turns it on with the defaults.');

export type AdminOptions = z.output<typeof adminOptionsSchema>;
