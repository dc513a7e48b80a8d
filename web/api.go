package web

import (
	"bytes"
	"context"
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"limen/access"
	"limen/law"
)

// Operation describes one operation of the API.
type Operation struct {
	Method, Path string // "POST", "/api/ees/v1/crossings"
	ID           string // "" takes the name of Op
	Tag          string // heading under which the reference page lists it
	Summary      string // "Record an entry or exit"
	Description  string
	Op           access.Op    // what is carried out behind the door, if anything
	Article      law.Citation // the article it serves
	Status       int          // of success; 0: 200, or 204 without a body
	Once         bool         // takes an Idempotency-Key
	Open         bool         // answered without authentication
	MaxBody      int64        // bytes; 0 takes the server's limit
}

// Register adds an operation to the API and to its document. fn gets its input
// read and checked; it returns refusals and store errors as they are, and the
// table of problem.go turns them into the answer. In and Out are structs as
// huma describes them, with the JSON content in a field Body.
//
// Register panics on a mistake in the description, which is a bug of the desk.
func Register[In, Out any](m *Mux, o Operation, fn func(context.Context, *In) (*Out, error)) {
	if !strings.HasPrefix(o.Path, "/api/") {
		panic("web: API path " + o.Path + " does not begin with /api/")
	}
	if o.Article != "" {
		if _, err := o.Article.Parse(); err != nil {
			panic(fmt.Sprintf("web: %s %s: %v", o.Method, o.Path, err))
		}
	}
	checkParameters(reflect.TypeFor[In](), o.Path)
	op := huma.Operation{
		OperationID:   or(o.ID, string(o.Op)),
		Method:        o.Method,
		Path:          o.Path,
		Summary:       o.Summary,
		Description:   o.Description,
		DefaultStatus: o.Status,
		MaxBodyBytes:  -1, // the server's own limit holds, see Mux.ServeHTTP
		Responses:     map[string]*huma.Response{},
		Extensions:    map[string]any{},
		Metadata:      map[string]any{"operation": o},
	}
	if op.OperationID == "" {
		panic("web: " + o.Method + " " + o.Path + " has neither ID nor Op")
	}
	if o.Tag != "" {
		op.Tags = []string{o.Tag}
	}
	if o.Op != "" {
		op.Extensions["x-operation"] = string(o.Op)
	}
	if o.Article != "" {
		op.Extensions["x-article"] = string(o.Article)
	}
	if o.Open {
		op.Security = []map[string][]string{}
	} else {
		op.Security = []map[string][]string{{"bearer": {}}, {"mtls": {}}, {"session": {}}}
	}
	if o.Once {
		op.Parameters = append(op.Parameters, &huma.Param{
			Name: "Idempotency-Key", In: "header",
			Description: "A key of your own for this request: 1 to 128 visible ASCII characters. Sent again with the same request, it gets the same answer and changes nothing.",
			Schema:      &huma.Schema{Type: huma.TypeString, MinLength: ptr(1), MaxLength: ptr(128), Pattern: "^[!-~]+$"},
			Example:     "0f8fad5b-d9cb-469f-a165-70867728950e",
		})
	}
	huma.Register(m.api, op, fn)
}

func ptr[T any](v T) *T { return &v }

// newAPI prepares the API library: one JSON format, our own errors, no links to
// schemas in the answers, names with one spelling.
func newAPI(m *Mux, title, version, description string) huma.API {
	takeOverErrors()
	registry := huma.NewMapRegistry("#/components/schemas/", schemaName)
	registry.RegisterTypeAlias(reflect.TypeFor[law.Date](), reflect.TypeFor[Day]())
	format := huma.Format{Marshal: writeJSON, Unmarshal: readJSON}
	return huma.NewAPI(huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info:    &huma.Info{Title: title, Version: version, Description: description},
			Servers: []*huma.Server{{URL: "/"}},
			Components: &huma.Components{
				Schemas: registry,
				SecuritySchemes: map[string]*huma.SecurityScheme{
					"bearer":  {Type: "http", Scheme: "bearer", Description: "A token issued to a system or script, possibly for some operations only."},
					"mtls":    {Type: "mutualTLS", Description: "A client certificate registered for a system."},
					"session": {Type: "apiKey", In: "cookie", Name: sessionCookie, Description: "The session of a person signed in, from this server's own pages only."},
				},
			},
		},
		Formats:                      map[string]huma.Format{"application/json": format, "json": format},
		DefaultFormat:                "application/json",
		RejectUnknownQueryParameters: true,
	}, apiAdapter{m})
}

// apiAdapter lets the API library register its operations with the Mux.
type apiAdapter struct{ m *Mux }

// Handle implements huma.Adapter.
func (a apiAdapter) Handle(op *huma.Operation, handler func(huma.Context)) {
	o := op.Metadata["operation"].(Operation)
	rt := route{pattern: op.Method + " " + op.Path, api: true, open: o.Open, once: o.Once, maxBody: o.MaxBody}
	a.m.handle(rt, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		handler(humago.NewContext(op, r, w))
	}))
}

// ServeHTTP implements huma.Adapter.
func (a apiAdapter) ServeHTTP(w http.ResponseWriter, r *http.Request) { a.m.ServeHTTP(w, r) }

// Day is a law.Date in a path, a query or a header. The API library reads
// parameters by their kind, and a law.Date is a number underneath.
type Day struct{ law.Date }

// Schema implements huma.SchemaProvider, for law.Date as well.
func (Day) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeString, Format: "date", Examples: []any{"2026-04-10"}}
}

// checkParameters panics on a parameter that the API library would read as
// something else than its type says.
func checkParameters(in reflect.Type, path string) {
	for i := range in.NumField() {
		f := in.Field(i)
		if f.Anonymous && f.Type.Kind() == reflect.Struct {
			checkParameters(f.Type, path)
		}
		isParameter := f.Tag.Get("path")+f.Tag.Get("query")+f.Tag.Get("header") != ""
		if isParameter && f.Type.Kind() != reflect.Struct && reflect.PointerTo(f.Type).Implements(reflect.TypeFor[encoding.TextUnmarshaler]()) {
			panic(fmt.Sprintf("web: %s: parameter %s is a %s, which would be read as a %s; wrap it in a struct, as Day does", path, f.Name, f.Type, f.Type.Kind()))
		}
	}
}

// schemaName names a type by its room and its own name, so that two systems may
// both have a Stay: limen/ees/desk.Stay becomes "ees.Stay".
func schemaName(t reflect.Type, hint string) string {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	name := huma.DefaultSchemaNamer(t, hint)
	path := strings.TrimSuffix(t.PkgPath(), "/desk")
	if path == "" || t.PkgPath() == reflect.TypeFor[Problem]().PkgPath() {
		return name
	}
	return path[strings.LastIndexByte(path, '/')+1:] + "." + name
}

func writeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		var unsupported *json.UnsupportedValueError
		var marshaler *json.MarshalerError
		var badType *json.UnsupportedTypeError
		if errors.As(err, &unsupported) || errors.As(err, &marshaler) || errors.As(err, &badType) {
			// Nothing was written yet: a bug of ours, answered as one.
			panic(fmt.Errorf("web: answer cannot be written as JSON: %T", err))
		}
		return err
	}
	return nil
}

// readJSON reads one JSON text. Its errors say where, never what.
func readJSON(data []byte, v any) error {
	if !utf8.Valid(data) {
		return errors.New("The body is not UTF-8.")
	}
	err := json.Unmarshal(data, v)
	if err == nil {
		if at, twice := namedTwice(data); twice {
			return fmt.Errorf("A member of an object stands twice: the second is at byte %d.", at)
		}
	}
	var syntax *json.SyntaxError
	var wrongType *json.UnmarshalTypeError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &syntax):
		return fmt.Errorf("The body is not JSON: it breaks off or goes wrong at byte %d.", syntax.Offset)
	case errors.As(err, &wrongType):
		return fmt.Errorf("A value near byte %d has another type than the field takes.", wrongType.Offset)
	}
	return errors.New("A value of the body cannot be read.")
}

// namedTwice finds a member that an object has twice: of two values one would
// win in silence, and another reader of the same text might take the other. data
// is JSON.
func namedTwice(data []byte) (at int64, twice bool) {
	d := json.NewDecoder(bytes.NewReader(data))
	// For each object and list that is open: the names so far, nil for a list.
	var open []map[string]bool
	name := false // the next token is a member's name
	for {
		token, err := d.Token()
		if err != nil {
			return 0, false
		}
		switch t := token.(type) {
		case json.Delim:
			switch t {
			case '{':
				open, name = append(open, map[string]bool{}), true
				continue
			case '[':
				open, name = append(open, nil), false
				continue
			}
			open = open[:len(open)-1]
		case string:
			if name {
				names := open[len(open)-1]
				if names[t] {
					return d.InputOffset(), true
				}
				names[t], name = true, false
				continue
			}
		}
		name = len(open) > 0 && open[len(open)-1] != nil
	}
}
