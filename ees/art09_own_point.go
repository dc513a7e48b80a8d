package ees

import (
	"fmt"

	"limen/access"
	"limen/law"
	"limen/person"
)

// readOwnPoint reads the code of a crossing point, and refuses one of another
// state than the caller's (art 9(2)). what ends the sentence "its own authorities
// …": what is left to them.
func readOwnPoint(p access.Pass, code, what string) (*person.CrossingPoint, error) {
	point, err := person.ParseCrossingPoint(code)
	if err != nil {
		return nil, at("crossing_point", err)
	}
	if own := p.Principal().Authority.State; string(point.State) != own {
		return nil, law.Refuse(law.NotPermitted, "foreign_crossing_point", "2017/2226 art 9(2)",
			fmt.Sprintf("%s is a crossing point of %s, and you work for %s: its own authorities %s.", point.Code, point.State.Name(), person.State(own).Name(), what),
			"crossing_point", point.Code, "state", string(point.State), "authority_of", own)
	}
	return point, nil
}
