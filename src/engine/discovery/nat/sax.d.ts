/** The part of sax that is used: its own types, which are another package, are those of streams as well. */
declare module 'sax' {
  interface Parser {
    onopentag: (tag: { readonly name: string }) => void;
    ontext: (text: string) => void;
    onclosetag: (name: string) => void;
    onerror: (error: Error) => void;
    error: Error | null;
    write(text: string): Parser;
    close(): Parser;
  }
  interface Sax {
    parser(strict: boolean, options: { readonly lowercase: boolean; readonly trim: boolean }): Parser;
  }
  const sax: Sax;
  export default sax;
}
