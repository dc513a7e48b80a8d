// Package finger compares fingerprints by their minutiae.
//
// It is the pure core of fingerprint matching: minutiae found in an image, a
// template read from or written to a record (ISO/IEC 19794-2:2005, ANSI INCITS
// 378-2004), a fast first comparison by local structures, a fine second one,
// scores as likelihood ratios, a gallery held in memory, and the bench that
// measures all of it.
// It knows no person, no system and no storage. What it is handed comes from
// outside and is taken for hostile until it was checked.
package finger
