/** Where the build puts what browsers load. As deep below the root in src and dist as the bundles are. */
export const PAGE_FOLDER = new URL('../../dist/page/', import.meta.url);
