// Package law holds what every legal act shares: citations, civil dates, legal
// periods, dated parameters, refusals and reasons. It knows no system and
// imports nothing but the standard library.
package law
