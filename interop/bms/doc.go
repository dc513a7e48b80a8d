// Package bms is the shared biometric matching service (2019/817 arts 12 to 16):
// it holds templates made of the biometric samples of the source systems, each
// with a reference to its system and to the record there, compares one sample with
// one record's, and looks for a record among all of a system.
//
// Templates of different systems are kept logically apart (art 13(1)): a gallery
// in memory holds one system's, and a search names the systems that its legal
// basis allows; there is no way to open another. The truth is in the store; the
// galleries are a cache of it that can be filled again at any time. Images are
// not here: the identity repository keeps them.
package bms
