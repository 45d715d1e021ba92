/** The bytes of a hexadecimal string; blanks are for the reader. */
export const bytes = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'));

/** The hexadecimal string of bytes. */
export const hex = (value: Uint8Array): string => Buffer.from(value).toString('hex');
