package desk

import (
	"strconv"
	"strings"

	"limen/law"
)

// seenVersion reads an entity tag as a version; ok is false for one that is none.
func seenVersion(tag string) (version int64, ok bool) {
	tag = strings.Trim(strings.TrimPrefix(strings.TrimSpace(tag), "W/"), `"`)
	n, err := strconv.ParseInt(tag, 10, 64)
	return n, err == nil && n >= 0
}

// LastSeen is the version that a caller last saw, in the header If-Match, where
// it may be left out.
type LastSeen struct {
	IfMatch string `header:"If-Match" maxLength:"24" doc:"Version last seen, as in the ETag. Left out, no check is made."`
}

// version reads the header; 0 when it was left out or says *.
func (s LastSeen) version() (int64, error) {
	if tag := strings.TrimSpace(s.IfMatch); tag == "" || tag == "*" {
		return 0, nil
	}
	n, ok := seenVersion(s.IfMatch)
	if !ok {
		return 0, law.BadField("If-Match", "no_version", "", "Send the version as the ETag gave it, such as \"2\".")
	}
	return n, nil
}

// SeenVersion is the file, or the case, that a decision was taken on, as its
// reader saw it: such a decision needs one.
type SeenVersion struct {
	IfMatch string `header:"If-Match" maxLength:"24" example:"\"3\"" doc:"Version of the file, or of the case, as it was read: its ETag, or the member version of an earlier answer."`
}

// seen reads the version; a decision on a known file needs one.
func (v SeenVersion) seen() (int64, error) {
	n, ok := seenVersion(v.IfMatch)
	if !ok || n < 1 {
		return 0, law.BadField("If-Match", "version_missing", "2017/2226 art 35(1)",
			"Say in If-Match which version of the file you decided on: its ETag. Nothing is decided on a file that has changed since it was read.")
	}
	return n, nil
}

// seenIf reads the version where a file is named; a new file has none.
func (v SeenVersion) seenIf(known bool) (int64, error) {
	if !known {
		return 0, nil
	}
	return v.seen()
}

// tagged gives an answer the version as its ETag.
func tagged[T any](a *answer[T], err error, version func(T) int64) (*answer[T], error) {
	if err == nil {
		a.ETag = strconv.Quote(strconv.FormatInt(version(a.Body), 10))
	}
	return a, err
}
