/** Names for labs that no other test run on the machine uses: a letter for the test file, and this process. */
export const labName = (letter: string): string => `${letter}${process.pid.toString(36)}`;
