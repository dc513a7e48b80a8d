// Package person holds the words that every act shares: names and their
// transliteration, travel documents and their machine readable zones, visa
// stickers, nationalities, birth dates, sexes and border crossing points.
//
// It knows words and no register: nothing here is stored, looked up or decided.
// Whatever cannot be read comes back as a law.Refusal that names the field.
//
// # Machine readable zones
//
// ParseMRZ reads what a document reader delivers, strictly, and says what is
// wrong with it. CleanMRZ stands before it where people type. ComposeMRZ
// writes a zone. Between the printed characters and the register stand four
// readings that need a day, because a zone prints two digits of a year:
// MRZ.BirthDate, MRZ.ExpiryDate, MRZ.Document and MRZ.VisaSticker.
package person
