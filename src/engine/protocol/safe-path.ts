import { fromStrictUtf8, fromUtf8, utf8 } from '../bytes.js';

/** Longest file name in bytes of UTF-8 that the usual file systems take (ext4, XFS, APFS, NTFS in UTF-16 units). */
export const MAX_NAME_BYTES = 255;

/** What the part before the extension of a longer name is cut to, as libtorrent does. */
const CUT_STEM_BYTES = 240;

/** A longer ending is not a file type; then the cut may take it. Together with the stem it fits. */
const MAX_EXTENSION_BYTES = MAX_NAME_BYTES - CUT_STEM_BYTES;

/** Stands for what may not be in a name, or for a name of which nothing is left. */
const SUBSTITUTE = '_';

export interface NameRules {
  /**
   * Also obey Windows: no `<>:"|?*`, no dot or space at the end. Device names (CON, AUX, ...) are renamed everywhere.
   * Defaults to false: other systems keep such names, and data of other clients must be found under them.
   */
  readonly windows?: boolean;
}

const PLAIN = /^[\w()[\]{}@+,;!#$%&'=~^-][\w ()[\]{}@+,;!#$%&'=~^.-]*$/;
const SEPARATORS_AND_NUL = /[/\\\0]/g;
// Zero-width characters, marks and overrides of text direction: they hide what a name is ("exe.txt" for "txt.exe").
const INVISIBLE = /[\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROL = /[\x01-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]/gu;
const WINDOWS_FORBIDDEN = /[<>:"|?*]/g;
const WINDOWS_DEVICE = /^(?:con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])\s*(?:[.:]|$)/i;

/**
 * One file or folder name out of what a torrent says, or '' if nothing usable is left (`..`, `/`, empty).
 * Never holds a separator, NUL, a control or an invisible character; never `.` or `..`; at most 255 bytes of UTF-8.
 */
export function safeName(raw: Uint8Array | string, rules: NameRules = {}): string {
  const name = clean(raw);
  return isDots(name) ? '' : finish(name, rules);
}

/**
 * Path of a file below its torrent's own folder, at least one name. `.` and `..` are dropped, any other component of
 * which nothing is left becomes `_`, as libtorrent does.
 */
export function safePath(components: readonly (Uint8Array | string)[], rules: NameRules = {}): string[] {
  const path: string[] = [];
  for (const component of components) {
    const name = clean(component);
    if (!isDots(name)) path.push(finish(name, rules) || SUBSTITUTE);
  }
  return path.length > 0 ? path : [SUBSTITUTE];
}

function clean(raw: Uint8Array | string): string {
  const text = typeof raw === 'string' ? raw : decodeName(raw);
  if (PLAIN.test(text)) return text;
  return text.replace(SEPARATORS_AND_NUL, '').replace(INVISIBLE, '').replace(CONTROL, SUBSTITUTE);
}

function decodeName(bytes: Uint8Array): string {
  return fromStrictUtf8(bytes) ?? fromUtf8(bytes).replaceAll('\ufffd', SUBSTITUTE);
}

function isDots(name: string): boolean {
  return name === '.' || name === '..';
}

function finish(cleaned: string, { windows = false }: NameRules): string {
  let name = windows ? cleaned.replace(WINDOWS_FORBIDDEN, SUBSTITUTE) : cleaned;
  name = fitName(avoidDevice(name));
  if (!windows) return name;
  return avoidDevice(name.replace(/[. ]+$/, ''));
}

function avoidDevice(name: string): string {
  return WINDOWS_DEVICE.test(name) ? SUBSTITUTE + name : name;
}

function fitName(name: string): string {
  // One UTF-16 unit is at most 3 bytes, so short names need no count.
  if (name.length * 3 <= MAX_NAME_BYTES || utf8(name).length <= MAX_NAME_BYTES) return name;
  return withSuffix(name, '');
}

/** `name` with `suffix` before its extension; the stem is cut where all of it would be too long. */
export function withSuffix(name: string, suffix: string): string {
  const dot = name.lastIndexOf('.');
  const isExtension = dot > 0 && utf8(name.slice(dot)).length <= MAX_EXTENSION_BYTES;
  const ending = suffix + (isExtension ? name.slice(dot) : '');
  const whole = isExtension ? name.slice(0, dot) : name;
  const room = MAX_NAME_BYTES - utf8(ending).length;
  return (utf8(whole).length <= room ? whole : cutUtf8(whole, Math.min(room, CUT_STEM_BYTES))) + ending;
}

/** The longest start of the text that fits; never splits a character. */
function cutUtf8(text: string, maxBytes: number): string {
  const bytes = utf8(text);
  let end = maxBytes;
  while ((bytes[end] & 0xc0) === 0x80) end--;
  return fromUtf8(bytes.subarray(0, end));
}
