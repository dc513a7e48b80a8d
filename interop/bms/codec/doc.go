// Package codec turns the image formats of biometric data into grey pixels, and
// back where a state has to send them: WSQ (IAFIS-IC-0110), JPEG 2000 (ISO/IEC
// 15444-1), JPEG, PNG, the traditional encoding of ANSI/NIST-ITL 1-2011 and the
// face image record of ISO/IEC 19794-5.
//
// Everything here reads bytes that came from outside. A decoder never panics,
// never allocates more than its limits allow before the bytes have earned it,
// and answers with an Error that says which of four things is wrong: unknown
// format, damaged, not supported, or too large. The package knows images and
// records, no person, no system and no law.
package codec
