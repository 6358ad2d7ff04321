/** What somebody writes, the program, and the sentence that it ends in. */
export type Mistake = readonly [written: string, program: () => unknown, sentence: string]
