/** Each of the 65,536 first halfwords in, which instruction of ARMv6-M it is out: an index of `NAMES`. */

export const NAMES = [
  'undefined',
  'lsli',
  'lsri',
  'asri',
  'addr',
  'subr',
  'addi3',
  'subi3',
  'movi',
  'cmpi',
  'addi8',
  'subi8',
  'and',
  'eor',
  'lslr',
  'lsrr',
  'asrr',
  'adc',
  'sbc',
  'rorr',
  'tst',
  'rsb',
  'cmpr',
  'cmn',
  'orr',
  'mul',
  'bic',
  'mvn',
  'addh',
  'cmph',
  'movh',
  'bx',
  'blx',
  'ldrpc',
  'strr',
  'strhr',
  'strbr',
  'ldrsbr',
  'ldrr',
  'ldrhr',
  'ldrbr',
  'ldrshr',
  'stri',
  'ldri',
  'strbi',
  'ldrbi',
  'strhi',
  'ldrhi',
  'strsp',
  'ldrsp',
  'adr',
  'addsp',
  'spadd',
  'spsub',
  'sxth',
  'sxtb',
  'uxth',
  'uxtb',
  'push',
  'pop',
  'cps',
  'rev',
  'rev16',
  'revsh',
  'bkpt',
  'hint',
  'stm',
  'ldm',
  'bcond',
  'udf',
  'svc',
  'b',
  'wide',
];

/** @param {number} op */
function decode(op) {
  const top5 = op >> 11,
    top7 = op >> 9,
    top10 = op >> 6;
  if (top5 === 0b00000) return 'lsli';
  if (top5 === 0b00001) return 'lsri';
  if (top5 === 0b00010) return 'asri';
  if (top5 === 0b00011) return ['addr', 'subr', 'addi3', 'subi3'][top7 & 3];
  if (op >> 13 === 0b001) return ['movi', 'cmpi', 'addi8', 'subi8'][top5 & 3];
  if (top10 >> 4 === 0b010000)
    return [
      'and',
      'eor',
      'lslr',
      'lsrr',
      'asrr',
      'adc',
      'sbc',
      'rorr',
      'tst',
      'rsb',
      'cmpr',
      'cmn',
      'orr',
      'mul',
      'bic',
      'mvn',
    ][top10 & 15];
  if (op >> 8 === 0x44) return 'addh';
  if (op >> 8 === 0x45) return 'cmph';
  if (op >> 8 === 0x46) return 'movh';
  if (op >> 8 === 0x47) return op & 0x80 ? 'blx' : 'bx';
  if (top5 === 0b01001) return 'ldrpc';
  if (op >> 12 === 0b0101)
    return ['strr', 'strhr', 'strbr', 'ldrsbr', 'ldrr', 'ldrhr', 'ldrbr', 'ldrshr'][top7 & 7];
  if (op >> 13 === 0b011) return ['stri', 'ldri', 'strbi', 'ldrbi'][top5 & 3];
  if (op >> 12 === 0b1000) return top5 & 1 ? 'ldrhi' : 'strhi';
  if (op >> 12 === 0b1001) return top5 & 1 ? 'ldrsp' : 'strsp';
  if (op >> 12 === 0b1010) return top5 & 1 ? 'addsp' : 'adr';
  if (op >> 7 === 0b101100000) return 'spadd';
  if (op >> 7 === 0b101100001) return 'spsub';
  if (op >> 8 === 0xb2) return ['sxth', 'sxtb', 'uxth', 'uxtb'][top10 & 3];
  if (op >> 9 === 0b1011010) return 'push';
  if (op >> 9 === 0b1011110) return 'pop';
  if (op === 0xb662 || op === 0xb672) return 'cps';
  if (op >> 8 === 0xba) return ['rev', 'rev16', 'undefined', 'revsh'][top10 & 3];
  if (op >> 8 === 0xbe) return 'bkpt';
  if (op >> 8 === 0xbf) return 'hint';
  if (op >> 12 === 0b1100) return top5 & 1 ? 'ldm' : 'stm';
  if (op >> 8 === 0xde) return 'udf';
  if (op >> 8 === 0xdf) return 'svc';
  if (op >> 12 === 0b1101) return 'bcond';
  if (top5 === 0b11100) return 'b';
  if (top5 >= 0b11101) return 'wide';
  return 'undefined';
}

/** By the halfword. */
export const OPCODES = Uint8Array.from({ length: 65536 }, (_, op) => NAMES.indexOf(decode(op)));
