import { createCipheriv, createDecipheriv, randomBytes, scrypt } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { Secret } from '../fixtures/doors/secrets.ts';
import { isObject } from '../fixtures/protocol/answers.ts';
import { jsonOf } from '../fixtures/protocol/json.ts';
import { readWhole, writeWhole } from './whole-file.ts';

/** How a sealed file is opened. */
export interface Seal {
  /** The key is derived from it. */
  readonly key: Secret;
  /** What the file is about: it opens for nothing else. */
  readonly about: string;
}

const FORMAT = 'mcp-auth-conformance/sealed/1';
const CIPHER = 'aes-256-gcm';
const KEY_BYTES = 32;
const SALT_BYTES = 16;
/** NIST SP 800-38D 8.2.2: random, of 96 bits; a key seals a handful of texts, for each file has its own by its salt. */
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

const derive = promisify(scrypt) as (password: string, salt: Buffer, length: number) => Promise<Buffer>;

/** What text becomes under a seal: base64url. */
export interface SealedText {
  readonly nonce: string;
  readonly tag: string;
  readonly data: string;
}

/** A key derived from a seal's by a salt of its own. */
export interface Sealing {
  /** With it the same sealing is made again: base64url. */
  readonly salt: string;
  seal(text: string): SealedText;
  /** @throws {Error} for what was changed, or was sealed with another key. */
  open(sealed: SealedText): string;
}

interface Sealed extends SealedText {
  readonly format: string;
  readonly salt: string;
}

/** @param salt of the sealing that is to be made again; absent: a new one */
export async function createSealing(
  { key, about }: Seal,
  salt = randomBytes(SALT_BYTES).toString('base64url'),
): Promise<Sealing> {
  const derived = await derive(key.reveal(), Buffer.from(salt, 'base64url'), KEY_BYTES);
  return {
    salt,
    seal(text) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv(CIPHER, derived, nonce);
      cipher.setAAD(Buffer.from(about));
      const data = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
      return {
        nonce: nonce.toString('base64url'),
        tag: cipher.getAuthTag().toString('base64url'),
        data: data.toString('base64url'),
      };
    },
    open(sealed) {
      const bytes = (member: keyof SealedText) => Buffer.from(sealed[member], 'base64url');
      try {
        const decipher = createDecipheriv(CIPHER, derived, bytes('nonce'), { authTagLength: TAG_BYTES });
        decipher.setAAD(Buffer.from(about));
        decipher.setAuthTag(bytes('tag'));
        return Buffer.concat([decipher.update(bytes('data')), decipher.final()]).toString('utf8');
      } catch (error) {
        throw new Error(`${key.label} does not open it: it was sealed with another key, or was changed`, {
          cause: error,
        });
      }
    },
  };
}

/** Writes text so that only who has the key can read it, or change it unseen: the folder 0700, the file 0600. */
export async function writeSealed(file: string, text: string, seal: Seal): Promise<void> {
  const sealing = await createSealing(seal);
  const sealed: Sealed = { format: FORMAT, salt: sealing.salt, ...sealing.seal(text) };
  await writeWhole(file, `${JSON.stringify(sealed)}\n`);
}

/**
 * The text of a sealed file; `undefined`: there is none.
 *
 * @throws {Error} for one that cannot be read, is no such file, was changed, or was sealed with another key.
 */
export async function readSealed(file: string, seal: Seal): Promise<string | undefined> {
  const content = await readWhole(file);
  if (content === undefined) return undefined;
  const sealed = partsOf(content);
  if (sealed === undefined) throw new Error('it is no file of this tool, or was cut off');
  return (await createSealing(seal, sealed.salt)).open(sealed);
}

/** Whether other users of this machine may look into the folder; what is not there, nobody can. */
export async function isOpenToOthers(folder: string): Promise<boolean> {
  // Windows knows no such bits.
  if (process.platform === 'win32') return false;
  const found = await stat(folder).catch(() => undefined);
  return found !== undefined && (found.mode & 0o077) !== 0;
}

function partsOf(content: string): Sealed | undefined {
  const value = jsonOf(content);
  if (!isObject(value) || value.format !== FORMAT) return undefined;
  const isWhole = ['salt', 'nonce', 'tag', 'data'].every((member) => typeof value[member] === 'string');
  return isWhole ? (value as object as Sealed) : undefined;
}
