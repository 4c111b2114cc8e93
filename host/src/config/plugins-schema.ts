import * as z from 'zod';

const DAY_MS = 86_400_000;

/** The `plugins` section of the configuration. */
export const pluginsSchema = z
  .strictObject({
    requireSigned: z
      .boolean()
      .default(false)
      .describe(
        'true: a plugin file without a valid detached signature (FILE.sig, Ed25519) or a `sha256` in its route is refused. Default false.',
      ),
    publicKeys: z
      .array(z.string().min(1))
      .default([])
      .describe(
        'Ed25519 public keys whose signatures count: PEM, or its base64. With a key here, a signature that is there must be valid. Default none.',
      ),
    watchMs: z
      .int()
      .min(0)
      .max(60_000)
      .default(200)
      .describe(
        'Milliseconds between two looks at the plugin files. A changed one is checked, warmed and swapped in on live connections. 0: files are not watched. Default 200.',
      ),
    maxFileBytes: z
      .int()
      .min(1_024)
      .max(1_073_741_824)
      .default(67_108_864)
      .describe('Bytes of a plugin file; a larger one is refused before it is read. Default 64 MiB.'),
    folder: z
      .string()
      .min(1)
      .optional()
      .describe(
        'Folder in which versions and approvals are kept, relative to this file; one host a folder. Default: .framegate/plugins for framegate-host; createHost keeps them in memory.',
      ),
    keepVersions: z.int().min(1).max(1_000).default(10).describe('Versions of each plugin that are kept and can be restored. Default 10.'),
    approve: z
      .enum(['ask', 'always'])
      .default('ask')
      .describe(
        'A new version that asks for more state scopes or HTTP hosts than were approved: ask, it waits for an operator; always, it is taken. What a plugin asks for when it is first seen counts as approved. Default ask.',
      ),
    probation: z
      .strictObject({
        ms: z
          .int()
          .min(0)
          .max(DAY_MS)
          .default(60_000)
          .describe('Milliseconds after a swap in which its faults bring the version before it back. 0: never. Default 60000.'),
        faults: z.int().min(1).max(1_000_000).default(5).describe('Faults within them that do; a quarantine does at once. Default 5.'),
      })
      .describe('How long a new version is on probation.')
      .prefault({}),
    folders: z
      .array(z.string().min(1))
      .default([])
      .describe(
        "Folders, relative to this file, in which a file may lie that an operator names while the host runs. Beside them always: this file's folder, and that of the plugin's own file. Default none.",
      ),
    shadow: z
      .strictObject({
        maxQueuedBytes: z
          .int()
          .min(65_536)
          .default(4_194_304)
          .describe(
            'Bytes of frames that wait to be run by a version in shadow, for each route. What finds no room is not compared, and counted; clients notice nothing. Default 4194304.',
          ),
        differences: z
          .int()
          .min(0)
          .max(1_000)
          .default(50)
          .describe(
            'Frames that are kept for an operator to look at, of those on which the two versions differ. 0: only counts. Default 50.',
          ),
        excerptBytes: z
          .int()
          .min(0)
          .max(65_536)
          .default(512)
          .describe('Bytes of each payload that are kept with them, in memory only. 0: nothing that anybody said. Default 512.'),
        mask: z
          .array(z.string().min(1))
          .default(['password', 'secret', 'token', 'access_token', 'refresh_token', 'id_token', 'authorization', 'apiKey', 'api_key'])
          .describe(
            'Names of JSON fields whose values are replaced by *** in what is kept, wherever they stand. Default: password, secret, token, access_token, refresh_token, id_token, authorization, apiKey, api_key.',
          ),
      })
      .describe('Versions that run in shadow.')
      .prefault({}),
  })
  .describe('How plugin files are trusted, watched and kept.');
