/**
 * The package's folder, as file URL. Code that finds files by its own place lies two folders down, in src, in dist and
 * in dist/bundle alike.
 */
export const PACKAGE_ROOT = new URL('../../', import.meta.url);
