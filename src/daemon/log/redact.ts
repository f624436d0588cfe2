import { redactUrl } from '../../files.js';

const BLANK = '***';

/** Fields whose value is a secret, whatever it looks like. */
const WORDS =
  'passw|passphrase|passkey|torrent_?pass|secret|token|authorization|auth[-_]?key|api[-_]?key|cookie|credential|session[-_]?id';
const SECRET_FIELD = new RegExp(WORDS, 'i');

/** Bounded, so that a hostile text cannot make a search take for ever. */
const PART = '[\\w-]{0,32}';

/** `password=x`, `"password": "x"`, `--rpc-password x`, `Authorization: Basic x`. */
const SECRET_PAIR = new RegExp(
  `((?:--${PART}(?:${WORDS})${PART}\\s+|\\b${PART}(?:${WORDS})${PART}\\\\?"?\\s{0,9}[=:]\\s*))` +
    `(?:\\\\?"[^"]*"|(?:(?:Basic|Bearer|Digest)\\s+)?\\S+)`,
  'gi',
);

const PATTERNS: readonly (readonly [RegExp, string | ((match: string) => string)])[] = [
  // stack traces are full of file: URLs, which hold no secret
  [/\b(?!file:)[a-z][a-z0-9+.-]{0,15}:\/\/\S+/gi, redactUrl],
  [/\bmagnet:\?\S*/gi, redactMagnet],
  // a URL within a query, percent-encoded
  [/\b[a-z][a-z0-9+.-]{0,15}%3a%2f%2f[^\s&]*/gi, BLANK],
  [SECRET_PAIR, `$1${BLANK}`],
  [/\b(Basic|Bearer|Digest)\s+[\w+/=.~-]{6,}/g, `$1 ${BLANK}`],
  // 32 hexadecimal digits, as most private trackers write a passkey; an info-hash has 40
  [/\b[0-9a-f]{32}\b/gi, BLANK],
];

/** Shorter ones would blank out ordinary words. */
const MIN_SECRET = 4;
/** Characters of one text: a tracker may answer with a megabyte. */
const MAX_TEXT = 8000;

/** Takes secrets out of what is about to be written: those it was told of, and what looks like one. */
export class Redactor {
  #secrets: readonly string[] = [];

  /** From now on it is blanked out wherever it stands, also as URLs and JSON write it. */
  hide(secret: string): void {
    if (secret.length < MIN_SECRET) return;
    const forms = [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)];
    // one that is part of another comes after it, else the rest of that would be left
    this.#secrets = [...new Set([...this.#secrets, ...forms])].sort((a, b) => b.length - a.length);
  }

  text(text: string): string {
    if (text.length > MAX_TEXT) text = `${text.slice(0, MAX_TEXT)}...`;
    for (const secret of this.#secrets) text = text.replaceAll(secret, BLANK);
    for (const [pattern, blank] of PATTERNS) text = text.replace(pattern, blank as string);
    return text;
  }

  /** Of plain JSON values. */
  value(value: unknown): unknown {
    if (typeof value === 'string') return this.text(value);
    if (Array.isArray(value)) return value.map(item => this.value(item));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, field]) => [
        this.text(key),
        SECRET_FIELD.test(key) && field !== null ? BLANK : this.value(field),
      ]),
    );
  }
}

/** What it is a link to may be seen; trackers, web seeds and names are dropped. */
function redactMagnet(link: string): string {
  const topics = link.slice('magnet:?'.length).match(/\bxt(?:\.\d+)?=urn:bt[im]h:\w+/gi) ?? [];
  return `magnet:?${[...topics, BLANK].join('&')}`;
}
