// Package cir is the common identity repository (2019/817 arts 17 to 24): the
// identity data, travel documents and biometric references of the source
// systems' files, stored apart from the systems' own records and referenced by
// both keys, the repository's file number and the record's reference.
//
// People never write here (art 19): a source system's room mirrors what it
// creates, amends and deletes, inside its own transaction and with its own
// Pass. Data of each system stay logically separate: every row names its system,
// and a lookup names the systems it may open.
package cir
