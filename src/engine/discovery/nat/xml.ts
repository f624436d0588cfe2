import sax from 'sax';

/** An element without elements inside. */
export interface Leaf {
  /** In lower case and without a prefix: routers agree on neither. */
  readonly name: string;
  readonly text: string;
  /** Number of the element around it, so that what belongs together is known. */
  readonly parent: number;
}

/**
 * All leaves of what a device sent, as far as it can be read: many routers write what is not quite XML. The parser knows
 * no entities but those of XML itself, loads nothing and does not recur, so its work is in proportion to the text.
 */
export function leavesOf(xml: string): Leaf[] {
  const leaves: Leaf[] = [];
  const open: { readonly name: string; readonly id: number; text: string; isLeaf: boolean }[] = [];
  let elements = 0;
  const parser = sax.parser(false, { lowercase: true, trim: true });
  parser.onerror = () => {
    parser.error = null;
  };
  parser.onopentag = ({ name }) => {
    const around = open.at(-1);
    if (around !== undefined) around.isLeaf = false;
    open.push({ name: name.slice(name.indexOf(':') + 1), id: ++elements, text: '', isLeaf: true });
  };
  parser.ontext = text => {
    const element = open.at(-1);
    if (element !== undefined) element.text += text;
  };
  parser.onclosetag = () => {
    const element = open.pop();
    if (element?.isLeaf)
      leaves.push({ name: element.name, text: element.text, parent: open.at(-1)?.id ?? 0 });
  };
  try {
    parser.write(xml).close();
  } catch {
    // What has been read until then is what there is.
  }
  return leaves;
}

export function textOf(leaves: readonly Leaf[], name: string): string | undefined {
  return leaves.find(leaf => leaf.name === name)?.text;
}
