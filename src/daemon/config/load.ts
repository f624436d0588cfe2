import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { type Document, readDocument, SyntaxMistake } from './document.js';
import { type Configuration, type Layers, type Mistake, resolveLayers } from './layers.js';

/** Larger files are not written by hand. */
const MAX_BYTES = 1024 * 1024;

export interface Sources extends Pick<Layers, 'env' | 'flags' | 'folder'> {
  /** `--config`; without it the file of MILLRACE_CONFIG, or the usual one when there is one. */
  readonly file: string | undefined;
}

/** Reads the configuration anew. What is wrong with the file as a whole is a mistake too, and nothing of it holds then. */
export async function loadConfiguration({ file, env, flags, folder }: Sources): Promise<Configuration> {
  const named = file ?? (env.MILLRACE_CONFIG || undefined);
  const path = resolve(folder, named ?? usualFile(env));
  const mistakes: Mistake[] = [];
  let document: Document | undefined;
  try {
    const bytes = await readFile(path);
    if (bytes.length > MAX_BYTES) throw new SyntaxMistake(`more than ${MAX_BYTES} bytes`, 1);
    document = readDocument(bytes.toString('utf8'), path);
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT' && named === undefined;
    if (!missing) mistakes.push(mistakeOf(error, path));
  }
  const layers = document === undefined ? {} : { file: { name: path, folder: dirname(path), document } };
  const configuration = resolveLayers({ ...layers, env, flags, folder });
  return { ...configuration, mistakes: [...mistakes, ...configuration.mistakes] };
}

/** Below XDG_CONFIG_HOME. */
export function usualFile(env: Layers['env']): string {
  return join(env.XDG_CONFIG_HOME || join(homedir(), '.config'), 'millrace', 'daemon.toml');
}

function mistakeOf(error: unknown, path: string): Mistake {
  if (error instanceof SyntaxMistake)
    return { where: `${path}:${error.line}`, key: '', message: error.message };
  return { where: path, key: '', message: `cannot be read: ${(error as Error).message}` };
}
