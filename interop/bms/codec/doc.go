// Package codec turns the image formats of biometric data into grey pixels, and
// back where a state has to send them: WSQ (IAFIS-IC-0110), JPEG 2000 (ISO/IEC
// 15444-1), JPEG, PNG, the traditional encoding of ANSI/NIST-ITL 1-2011 Update
// 2015, and the face image record of ISO/IEC 19794-5:2005.
//
// WSQ is written and read with the arithmetic of the reference encoder and
// decoder of the US National Institute of Standards and Technology: same bytes,
// same pixels. JPEG 2000 is read only, in what part 1 of the standard has for
// unsigned components of one size and up to 16 bits: either wavelet, tiles, all
// five progressions, layers, precincts, every code-block style.
//
// Refused with ErrUnsupported: WSQ with restart intervals, with filters of an even
// number of taps or under 32 pixels a side; JPEG 2000 with regions of interest,
// changes of progression, packed packet headers, palettes, subsampled or signed
// components, or the block coder of part 15; lossless JPEG; ANSI/NIST-ITL in XML;
// face records of later editions.
//
// Everything here reads bytes that came from outside. A decoder never panics,
// allocates nothing that the limits do not allow, and answers with an Error that
// says which of four things is wrong: unknown format, damaged, not supported, or
// too large. An image that is cut short is damaged, never shown in part. The
// package knows images and records, no person, no system and no law.
package codec
