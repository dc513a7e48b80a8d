package web

import (
	"cmp"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/validation"

	"limen/law"
)

// maxFieldErrors bounds the list of fields in one answer.
const maxFieldErrors = 10

// takeOverErrors replaces the API library's error documents by ours, for the
// whole process: they would repeat the rejected value, or the whole body.
var takeOverErrors = sync.OnceFunc(func() {
	huma.DefaultArrayNullable = false
	huma.ValidateStrictCasing = true
	huma.NewError = func(status int, message string, errs ...error) huma.StatusError {
		return problemOf(libraryError(status, message, errs))
	}
	huma.NewErrorWithContext = func(ctx huma.Context, status int, message string, errs ...error) huma.StatusError {
		err := libraryError(status, message, errs)
		v := visitOf(ctx.Context())
		if v == nil {
			return problemOf(err)
		}
		p := v.mux.problem(ctx.Context(), v, err)
		for name, values := range p.header {
			ctx.SetHeader(name, values[0])
		}
		return p
	}
})

// libraryError translates what the API library found wrong. What a handler
// returned decides as it is; otherwise the library checked an input.
func libraryError(status int, message string, errs []error) error {
	var decided *law.Refusal
	for _, err := range errs {
		var r *law.Refusal
		if errors.As(err, &r) && (decided == nil || r.Kind < decided.Kind) {
			decided = r
		}
	}
	if decided != nil {
		return decided
	}
	switch {
	case status == http.StatusRequestTimeout:
		return law.Refuse(law.BadInput, "body_late", "", "The body did not arrive in time. Send it again.")
	case status == http.StatusUnsupportedMediaType:
		return law.Refuse(law.BadInput, "media_type_unsupported", "", "Send the body as application/json.")
	case status == http.StatusBadRequest && len(errs) == 0:
		return law.Refuse(law.BadInput, "body_missing", "", "This operation needs a JSON body.")
	case status == http.StatusBadRequest:
		var d *huma.ErrorDetail
		text := "The body is not JSON."
		if errors.As(errs[0], &d) && d.Location == "body" {
			text = d.Message // from readJSON, which repeats nothing
		}
		return law.Refuse(law.BadInput, "body_unreadable", "", text)
	case message == "cannot read request body":
		var tooLarge *http.MaxBytesError
		if err := errors.Join(errs...); errors.As(err, &tooLarge) {
			return err
		}
		return law.Refuse(law.BadInput, "body_unreadable", "", "The body broke off before its end.")
	case status >= http.StatusInternalServerError || len(errs) == 0:
		if len(errs) == 1 {
			return errs[0]
		}
		return errors.Join(append(errs, errors.New(message))...)
	}
	return fieldErrors(errs)
}

// fieldErrors lists the fields at fault in the order of their paths. The first
// one is told in full.
func fieldErrors(errs []error) *Problem {
	var list []FieldError
	for _, err := range errs {
		var d *huma.ErrorDetail
		if errors.As(err, &d) {
			list = append(list, fieldError(d))
		}
	}
	slices.SortFunc(list, func(a, b FieldError) int {
		return cmp.Or(cmp.Compare(a.Field, b.Field), cmp.Compare(a.Code, b.Code), cmp.Compare(a.Detail, b.Detail))
	})
	list = slices.Compact(list)
	if len(list) == 0 {
		list = []FieldError{{Code: "field_invalid", Detail: "A field cannot be read."}}
	}
	first := list[0]
	p := problemOfRefusal(law.BadField(first.Field, first.Code, "", first.Detail))
	if len(list) > 1 {
		p.Errors = list[:min(len(list), maxFieldErrors)]
	}
	return p
}

// fieldError words one finding. The library's message may end in what was sent,
// after a colon, and its location in a name that the client chose.
func fieldError(d *huma.ErrorDetail) FieldError {
	path := strings.TrimPrefix(strings.TrimPrefix(d.Location, "body"), ".")
	f := FieldError{Field: path, Code: "field_invalid"}
	requiredBefore, requiredAfter, _ := strings.Cut(validation.MsgExpectedRequiredProperty, "%s")
	name, isRequired := strings.CutPrefix(d.Message, requiredBefore)
	switch {
	case d.Message == validation.MsgUnexpectedProperty || d.Message == "unknown query parameter":
		f.Code, f.Detail = "field_unknown", "There is no such field here. Remove it."
		f.Field = withoutForeignName(path)
	case isRequired && strings.HasSuffix(name, requiredAfter):
		f.Code, f.Detail = "field_missing", "This field is required."
		f.Field = strings.TrimPrefix(path+"."+strings.TrimSuffix(name, requiredAfter), ".")
	case strings.HasPrefix(d.Message, "required ") && strings.HasSuffix(d.Message, " is missing"):
		f.Code, f.Detail = "field_missing", "This parameter is required."
	default:
		message, _, _ := strings.Cut(d.Message, ": ")
		message = strings.TrimSuffix(message, ".")
		if message == "" {
			message = "this value cannot be read"
		}
		f.Detail = strings.ToUpper(message[:1]) + message[1:] + "."
		f.Field = withoutForeignName(path)
	}
	return f
}

// withoutForeignName cuts a path off before a part that does not look like the
// name of a field: a client may have put anything there.
func withoutForeignName(path string) string {
	if path == "" {
		return ""
	}
	parts := strings.Split(path, ".")
	for i, part := range parts {
		name, _, _ := strings.Cut(part, "[")
		ok := len(name) > 0 && len(name) <= 40
		for j := 0; ok && j < len(name); j++ {
			c := name[j]
			ok = c >= 'a' && c <= 'z' || c == '_' || j > 0 && c >= '0' && c <= '9' ||
				i == 1 && parts[0] == "header" && (c == '-' || c >= 'A' && c <= 'Z')
		}
		if !ok {
			return strings.Join(append(parts[:i:i], "(name withheld)"), ".")
		}
	}
	return path
}
